/** What both hosts of a witness have in common: their folder, their credentials, and how they are ended. */
import { mkdir, readdir } from "node:fs/promises";
import { join } from "node:path";
import { registerSecret } from "../adapters/secrets.ts";
import { Failure } from "../core/kernel/failure.ts";
import { parseCredentials, type WitnessCredential } from "../core/lease/protocol-credentials.ts";
import { readCredential } from "./credential.ts";
import type { WitnessConfig } from "./witness-config.ts";

export interface WitnessHost {
  /** Where it answers, such as `http://127.0.0.1:7443`. */
  readonly url: string;
  /** The process that answers. */
  readonly pid: number;
  /** Resolves when it has ended: with why when nobody asked it to, with undefined otherwise. Never rejects. */
  readonly ended: Promise<Failure | undefined>;
  /** Ends it in order; resolves when it has ended. */
  stop(): Promise<void>;
}

/** Where each host keeps the leases; a folder is one host's for ever. */
export const storeOf = { workerd: "objects", node: "leases.log" } as const;

/** The file whose lock makes a folder one process's; its contents mean nothing. */
export function lockFile(folder: string): string {
  return join(folder, ".lock");
}

/** How flock(1) is to say that another process holds the lock (EX_TEMPFAIL of sysexits.h). */
export const lockHeldExitCode = 75;

/** So long a killed witness may still hold the lock, with its last threads, while the next one starts already. */
export const lockWaitSeconds = 3;

/** The failure for a folder that another process holds. */
export function folderHeld(folder: string): Failure {
  return new Failure("AlreadyRunning", "another witness has this folder", {
    where: folder,
    remedy: "End that one first; two on one folder would be no witness.",
  });
}

/** Makes the folder. Fails with ConfigInvalid when the leases in it are another host's, which would begin at nothing. */
export async function prepareFolder(folder: string, host: keyof typeof storeOf): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const other = host === "node" ? "workerd" : "node";
  if (!(await readdir(folder)).includes(storeOf[other])) return;
  throw new Failure("ConfigInvalid", `the leases in this folder are those of the host ${other}`, {
    where: folder,
    field: "data",
    remedy: `Start it with --host ${other}, or give it a folder of its own.`,
  });
}

/** The credentials that the witness accepts. Fails with CredentialUnreadable. */
export async function readCredentials({
  credentials,
}: WitnessConfig): Promise<{ readonly text: string; readonly list: readonly WitnessCredential[] }> {
  const text = await readCredential(
    credentials,
    "the witness's list of credentials",
    "credentials",
  );
  const parsed = parseCredentials(text);
  if (!parsed.ok) {
    throw new Failure("CredentialUnreadable", parsed.because, {
      where: credentials.file ?? `environment variable ${credentials.env}`,
      remedy: "See docs/guides/witness.md for how the list is written.",
    });
  }
  for (const { secret } of parsed.credentials) registerSecret(secret);
  return { text, list: parsed.credentials };
}
