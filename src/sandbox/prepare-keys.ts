/** Makes the keys, certificates and credentials of a sandbox once; what is there stays, so that people and regions keep theirs. */
import { randomBytes } from "node:crypto";
import { mkdir, readFile, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { makeHeartbeatKey } from "../adapters/agent/heartbeat-keys.ts";
import { makeCertificates } from "./certificates.ts";
import type { SandboxPerson } from "./documents.ts";
import { type SandboxKeys, sandboxKeys } from "./keys.ts";
import { ledger, type SandboxLayout, sandboxPeople } from "./layout.ts";
import { exists, writePrivate } from "./private-file.ts";
import type { ProgramName } from "./programs.ts";
import { programOutput } from "./run-program.ts";

/** Everything under `layout.keys`; fails with ProgramMissing or ProcessFailed. */
export async function prepareKeys(
  layout: SandboxLayout,
  path: (name: ProgramName) => string,
): Promise<SandboxKeys> {
  const keys = sandboxKeys(layout);
  await mkdir(layout.keys, { recursive: true, mode: 0o700 });
  await prepareCertificates(layout, keys);
  for (const { cluster } of layout.regions) {
    const { heartbeat, heartbeatPublic } = keys.region(cluster);
    if (await exists(heartbeatPublic)) continue;
    const { privatePem, publicPem } = makeHeartbeatKey();
    await writePrivate(heartbeat, privatePem);
    await writePrivate(heartbeatPublic, publicPem);
  }
  const tokens = layout.regions.flatMap(({ cluster }) => {
    const { kubeAdmin, kubeAgent } = keys.region(cluster);
    return [kubeAdmin, kubeAgent];
  });
  for (const file of [keys.databaseOwner, keys.databaseLedger, ...tokens])
    if (!(await exists(file))) await writePrivate(file, `${randomBytes(18).toString("hex")}\n`);
  await prepareWitness(layout, keys);
  for (const { name } of sandboxPeople)
    await preparePerson(path("ssh-keygen"), name, keys.personOf(name));
  return keys;
}

/** The people of the sandbox with the public halves of their keys, as they stand in the documents. */
export function peopleOf(keys: SandboxKeys): Promise<readonly SandboxPerson[]> {
  return Promise.all(
    sandboxPeople.map(async ({ name, roles }) => {
      const sshKey = (await readFile(`${keys.personOf(name)}.pub`, "utf8")).trim();
      return { name, roles, sshKey };
    }),
  );
}

/** Certificates name the addresses of agents and API servers; other addresses need other certificates. */
async function prepareCertificates(layout: SandboxLayout, keys: SandboxKeys): Promise<void> {
  const subjects = layout.regions.map(({ cluster, agent, kube }) => ({
    name: cluster,
    addresses: [agent.api.address, kube.at.address],
  }));
  const made = JSON.stringify(subjects);
  const noted = `${keys.ca}.for.json`;
  if ((await readFile(noted, "utf8").catch(() => "")) !== made)
    for (const { name } of subjects) await rm(keys.region(name).certificate, { force: true });
  await makeCertificates(layout.keys, subjects);
  await writePrivate(noted, made);
}

type Credential = {
  readonly id: string;
  readonly holder: string | null;
  readonly slots: readonly string[];
  readonly secret: string;
};

async function prepareWitness(layout: SandboxLayout, keys: SandboxKeys): Promise<void> {
  if (await exists(keys.witnessList)) return;
  const secret = (): string => randomBytes(32).toString("base64");
  const slots = [`${ledger.group}.failover.${layout.domain}`];
  const holders = layout.regions.map(({ cluster }): Credential => {
    return { id: cluster, holder: cluster, slots, secret: secret() };
  });
  const reader: Credential = { id: "reader", holder: null, slots: [""], secret: secret() };
  for (const credential of holders)
    await writePrivate(keys.region(credential.id).witness, json(credential));
  await writePrivate(keys.witnessReader, json(reader));
  // Last, because it stands for all of them.
  await writePrivate(keys.witnessList, json({ credentials: [...holders, reader] }));
}

async function preparePerson(sshKeygen: string, name: string, file: string): Promise<void> {
  if (await exists(`${file}.pub`)) return;
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  await rm(file, { force: true });
  const args = ["-q", "-t", "ed25519", "-N", "", "-C", name, "-f", file];
  await programOutput(sshKeygen, args);
}

function json(value: object): string {
  return `${JSON.stringify(value, undefined, 2)}\n`;
}
