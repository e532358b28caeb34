/** Signatures of people by the real `ssh-keygen`, with keys of every kind that people have (ADR 35). */
import { execFile, spawn } from "node:child_process";
import { chmod, readdir, rename } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { signWithSsh, verifySshSignature } from "../../src/adapters/people/ssh-signature.ts";
import { approvalText } from "../../src/core/failover/approval-text.ts";
import { orderNamespace, orderText } from "../../src/core/failover/order-text.ts";
import { required } from "../../src/core/kernel/assert.ts";
import { type KeyFolder, type KeyKind, keyFolder, type TestKey } from "./ssh-keys.ts";

const kinds: readonly KeyKind[] = ["ed25519", "ecdsa", "rsa"];
const namespace = orderNamespace;
const order = orderText({
  sovereign: "sovereign.test",
  region: "hz-hel-rtz-prod",
  group: "ledger",
  wish: { kind: "takeOver", withoutWitness: true, peerIsFenced: true },
  because: "fsn burns, and its power is off",
  expiresAtMs: 1_800_000_000_000,
  nonce: "abcdefghijklmnop",
  person: "ada",
});
if (!order.ok) throw new Error(order.because);
const text = order.value;

let folder: KeyFolder;
const keys = new Map<KeyKind, TestKey>();
const keyOf = (kind: KeyKind): TestKey => required(keys.get(kind), "every kind was made");

beforeAll(async () => {
  folder = await keyFolder();
  for (const kind of kinds) keys.set(kind, await folder.make(kind, kind));
});
afterAll(() => folder.remove());

const bares = (): readonly string[] => [...keys.values()].map(({ bare }) => bare);

describe.each(kinds)("a key of kind %s", (kind) => {
  let signature = "";
  beforeAll(async () => {
    signature = await signWithSsh({ text, namespace, keyFile: keyOf(kind).file });
  });

  test("is told as the one that signed", async () => {
    const what = { text, signature, namespace, keys: bares() };
    expect(await verifySshSignature(what)).toBe(keyOf(kind).bare);
  });

  test("signs nothing else: every field changed by itself is refused", async () => {
    const lines = text.split("\n");
    for (const [index, line] of lines.entries()) {
      const other = lines.with(index, line === "" ? "x" : `${line.slice(0, -1)}~`).join("\n");
      const what = { text: other, signature, namespace, keys: bares() };
      expect(await verifySshSignature(what), line).toBeUndefined();
    }
  });

  test("signs nothing under another namespace", async () => {
    const elsewhere = await signWithSsh({ text, namespace: "file", keyFile: keyOf(kind).file });
    const what = { text, signature: elsewhere, namespace, keys: bares() };
    expect(await verifySshSignature(what)).toBeUndefined();
  });

  test("is nobody's when the roster has other keys", async () => {
    const others = bares().filter((bare) => bare !== keyOf(kind).bare);
    expect(await verifySshSignature({ text, signature, namespace, keys: others })).toBeUndefined();
  });
});

test("a signature over an approval is none over an order, though the namespace is one", async () => {
  const approval = approvalText({
    sovereign: "sovereign.test",
    approval: {
      person: "ada",
      group: "ledger",
      action: "failover",
      expectedEpoch: 4,
      maxLossBytes: 0,
      expiresAtMs: 1_800_000_000_000,
      nonce: "abcdefghijklmnop",
    },
  });
  if (!approval.ok) throw new Error(approval.because);
  const { file, bare } = keyOf("ed25519");
  const signature = await signWithSsh({ text: approval.value, namespace, keyFile: file });
  expect(await verifySshSignature({ text, signature, namespace, keys: [bare] })).toBeUndefined();
});

test.each([
  ["nothing", ""],
  ["no armour", "hello"],
  ["an empty body", "-----BEGIN SSH SIGNATURE-----\nAAAA\n-----END SSH SIGNATURE-----\n"],
  ["a signature that is too long", "A".repeat(100_000)],
])("%s is no signature, and costs no program", async (_, signature) => {
  const what = { text, signature, namespace, keys: bares(), program: "/nonexistent/ssh-keygen" };
  expect(await verifySshSignature(what)).toBeUndefined();
});

test("a public key signs through ssh-agent, when the private half is there alone", async () => {
  const made = await folder.make("agent-key", "ed25519");
  const socket = join(folder.path, "agent.sock");
  const agent = spawn("ssh-agent", ["-D", "-a", socket], { stdio: "ignore" });
  const before = process.env["SSH_AUTH_SOCK"];
  try {
    process.env["SSH_AUTH_SOCK"] = socket;
    await retried(() => promisify(execFile)("ssh-add", ["-q", made.file]));
    await rename(made.file, join(folder.path, "hidden"));
    const keyFile = `${made.file}.pub`;
    const signature = await signWithSsh({ text, namespace, keyFile });
    const what = { text, signature, namespace, keys: [made.bare] };
    expect(await verifySshSignature(what)).toBe(made.bare);
  } finally {
    agent.kill();
    if (before === undefined) delete process.env["SSH_AUTH_SOCK"];
    else process.env["SSH_AUTH_SOCK"] = before;
  }
});

async function retried(work: () => Promise<unknown>): Promise<void> {
  for (let round = 0; ; round += 1) {
    try {
      await work();
      return;
    } catch (thrown) {
      if (round === 200) throw thrown;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

test("without the program it is said what to install", async () => {
  const program = "/nonexistent/ssh-keygen";
  const { file, bare } = keyOf("ed25519");
  await expect(signWithSsh({ text, namespace, keyFile: file, program })).rejects.toMatchObject({
    code: "ProgramMissing",
    remedy: expect.stringContaining("openssh-client"),
  });
  const signature = await signWithSsh({ text, namespace, keyFile: file });
  const what = { text, signature, namespace, keys: [bare], program };
  await expect(verifySshSignature(what)).rejects.toMatchObject({ code: "ProgramMissing" });
});

test("a key that can not sign is named with what to do", async () => {
  const missing = join(folder.path, "nobody");
  await expect(signWithSsh({ text, namespace, keyFile: missing })).rejects.toMatchObject({
    code: "CredentialUnreadable",
    where: missing,
  });
  const open = await folder.make("open", "ed25519");
  await chmod(open.file, 0o644);
  await expect(signWithSsh({ text, namespace, keyFile: open.file })).rejects.toMatchObject({
    code: "CredentialUnreadable",
  });
});

test("only so many are checked at once, and nothing is left behind", async () => {
  const { file, bare } = keyOf("rsa");
  const signature = await signWithSsh({ text, namespace, keyFile: file });
  const what = { text, signature, namespace, keys: [bare] };
  const before = process.env["TMPDIR"];
  process.env["TMPDIR"] = folder.path;
  try {
    const many = Array.from({ length: 20 }, () => verifySshSignature(what));
    const settled = await Promise.allSettled(many);
    const codes = settled.flatMap((one) => (one.status === "rejected" ? [one.reason.code] : []));
    expect(codes).toHaveLength(16);
    expect(new Set(codes)).toEqual(new Set(["StepTooEarly"]));
    expect(await verifySshSignature(what)).toBe(bare);
    const left = await readdir(folder.path);
    expect(left.filter((name) => name.startsWith("sovereign-signature-"))).toEqual([]);
  } finally {
    if (before === undefined) delete process.env["TMPDIR"];
    else process.env["TMPDIR"] = before;
  }
});
