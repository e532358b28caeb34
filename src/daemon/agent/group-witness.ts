/** The witness of the group's document, with the credential of this agent's configuration. */
import { readFile } from "node:fs/promises";
import { openWitness } from "../../adapters/witness/open-witness.ts";
import { Failure } from "../../core/kernel/failure.ts";
import { readCredential } from "../credential.ts";
import type { GroupDocuments } from "./documents.ts";
import { type RememberingWitness, rememberingWitness } from "./remembering-witness.ts";
import type { AgentWorld } from "./world.ts";

export type OpenedGroupWitness = RememberingWitness & {
  /** The cluster that the credential belongs to, or null when it does not say; fails with CredentialUnreadable. */
  holder(): Promise<string | null>;
  close(): void;
};

/** Connects nowhere before the first request; the credential is read at each. Fails with ConfigInvalid. */
export function openGroupWitness(
  { config, env }: Pick<AgentWorld, "config" | "env">,
  { witness, group }: GroupDocuments,
): OpenedGroupWitness {
  const { credential, ca, url } = config.witness;
  const part = "witness";
  const way = url === undefined ? witness : { ...witness, urls: [url] };
  const opened = openWitness(way, {
    readCredential: () =>
      readCredential(credential, "the credential for the witness", `${part}.credential`),
    ...(ca === undefined ? {} : { readCa: () => readCa(ca) }),
    timeoutMs: group.timing.rpcTimeoutMs,
    clock: env.clock,
  });
  return {
    ...rememberingWitness(opened),
    holder: () => opened.holder(),
    close: () => opened.close(),
  };
}

function readCa(path: string): Promise<string> {
  return readFile(path, "utf8").catch((cause: unknown) => {
    const message = "the certificates that the witness is trusted by can not be read";
    throw new Failure("CredentialUnreadable", message, { where: path, cause });
  });
}
