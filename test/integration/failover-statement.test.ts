/** What people state of the other region, beside what its agent says: the command line, real keys, real TLS, the shipped reducer (ADR 25, 35). */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { signWithSsh } from "../../src/adapters/people/ssh-signature.ts";
import { orderNamespace } from "../../src/core/failover/order-text.ts";
import { type Ran, runCli } from "../run-cli.ts";
import { type KeyFolder, keyFolder, type TestKey } from "./ssh-keys.ts";
import { type StageAgents, stageAgents } from "./stage-agents.ts";

let folder: KeyFolder;
let agents: StageAgents;
let ada: TestKey;

beforeAll(async () => {
  folder = await keyFolder();
  ada = await folder.make("ada", "ed25519");
  const roster = [{ person: "ada", roles: ["sovereignAdmin"], keys: [ada.bare] }] as const;
  agents = await stageAgents(join(folder.path, "tls"), roster, {});
});
afterAll(async () => {
  await agents.close();
  await folder.remove();
});

const asAda = (...words: readonly string[]): Promise<Ran> =>
  runCli(
    ...["failover", ...words, "--agent", agents.addresses.a, agents.addresses.b],
    ...["--ca", agents.ca, "--person", "ada", "--key", ada.file],
  );

test("what the other region's agent contradicts is not signed", async () => {
  const stated = ["take-over", "--region", "b", "--without-witness", "--peer-is-fenced"];
  const over = await asAda(...stated, "--confirm", "shop");
  expect(over.exitCode).toBe(28);
  expect(over.err).toMatch(/not true: a has the right to write, by lease authority at epoch 1/);
  expect(over.err).toMatch(/switch its machine off/);
  // On a promise alone it is no other.
  const promised = ["take-over", "--region", "b", "--without-witness"];
  expect((await asAda(...promised, "--confirm", "shop")).exitCode).toBe(28);
  const round = await asAda("close-round", "--region", "b", "--confirm", "shop");
  expect(round.exitCode).toBe(28);
  expect(round.err).toMatch(/not true: a has the right to write/);
  expect(agents.b.state.wish).toBeNull();
});

test("what was signed while the other region was silent is not sent once its agent contradicts it", async () => {
  const words = ["take-over", "--region", "b", "--because", "a is gone"];
  const printed = await asAda(...words, "--print");
  expect(printed.exitCode).toBe(0);
  const path = join(folder.path, "over.txt");
  const text = printed.out
    .replace("without-witness: no", "without-witness: yes")
    .replace("peer-is-fenced: no", "peer-is-fenced: yes");
  expect(text).not.toBe(printed.out);
  await writeFile(path, text);
  const keyFile = ada.file;
  await writeFile(`${path}.sig`, await signWithSsh({ text, namespace: orderNamespace, keyFile }));
  const sent = await asAda(
    ...["take-over", "--text", path, "--signature", `${path}.sig`],
    ...["--region", "b", "--confirm", "shop"],
  );
  expect(sent.err).toMatch(/not true: a has the right to write/);
  expect(sent.exitCode).toBe(28);
  expect(agents.b.state.wish).toBeNull();
});
