/** `sovereign failover …` as people type it: real keys, real TLS, the shipped reducer behind two HTTPS servers (issue 5 point 5, ADR 35). */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { systemClock } from "../../src/adapters/clock.ts";
import { openFileJournal } from "../../src/adapters/journal/file-journal.ts";
import { signWithSsh } from "../../src/adapters/people/ssh-signature.ts";
import { orderNamespace } from "../../src/core/failover/order-text.ts";
import { factsOf } from "../../src/core/failover/rehearsal.ts";
import { makeCertificates } from "../../src/sandbox/certificates.ts";
import { type Ran, runCli } from "../run-cli.ts";
import { type KeyFolder, keyFolder, type TestKey } from "./ssh-keys.ts";
import { type StageAgents, stageAgents } from "./stage-agents.ts";

let folder: KeyFolder;
let agents: StageAgents;
let keys: Readonly<Record<"ada" | "grace" | "lin" | "eve", TestKey>>;

async function begin(parts: Parameters<typeof stageAgents>[2] = {}): Promise<void> {
  agents = await stageAgents(
    join(folder.path, "tls"),
    [
      { person: "ada", roles: ["sovereignAdmin"], keys: [keys.ada.bare] },
      { person: "grace", roles: ["dataOwner"], keys: [keys.grace.bare] },
      { person: "lin", roles: ["sre"], keys: [keys.lin.bare] },
    ],
    parts,
  );
}

beforeEach(async () => {
  folder = await keyFolder();
  const [ada, grace, lin, eve] = await Promise.all([
    folder.make("ada", "ed25519"),
    folder.make("grace", "ecdsa"),
    folder.make("lin", "rsa"),
    folder.make("eve", "ed25519"),
  ]);
  keys = { ada, grace, lin, eve };
});
afterEach(async () => {
  await agents.close();
  await folder.remove();
});

const where = (): readonly string[] => [
  "--agent",
  agents.addresses.a,
  agents.addresses.b,
  "--ca",
  agents.ca,
];
const look = (...words: readonly string[]): Promise<Ran> =>
  runCli("failover", ...words, ...where());
const as = (person: keyof typeof keys, ...words: readonly string[]): Promise<Ran> =>
  runCli("failover", ...words, ...where(), "--person", person, "--key", keys[person].file);

describe("looking", () => {
  test("status says in one sentence who serves, and shows both regions beside each other", async () => {
    await begin();
    const { out, exitCode } = await look("status");
    expect(exitCode).toBe(0);
    expect(out).toMatch(/^shop: a serves at epoch 1; b follows in step\.\n/);
    expect(out).toMatch(/health path {2}200 Serving +503 NoAuthority/);
    expect(out).toMatch(/ledger +writable, in_sync +standby/);
    const json = await runCli("--output", "json", "failover", "status", ...where());
    expect(JSON.parse(json.out)).toMatchObject({ headline: { kind: "ok", serving: "a" } });
  });

  test("an agent that does not answer does not hide the other", async () => {
    await begin();
    await agents.silence("b");
    const { out, exitCode } = await look("status");
    expect(exitCode).toBe(0);
    expect(out).toMatch(/a serves at epoch 1; the agent of b does not answer\./);
    expect(out).toMatch(/error b: the agent can not be reached: ECONNREFUSED AgentUnreachable/);
  });

  test("when no agent answers it ends with 33 and says what to do", async () => {
    await begin();
    await agents.silence("a");
    await agents.silence("b");
    const { err, exitCode } = await look("status");
    expect(exitCode).toBe(33);
    expect(err).toMatch(/AgentUnreachable[\s\S]*Check the address and the network/);
  });

  test("an agent that another authority signed is not believed", async () => {
    await begin();
    const other = await makeCertificates(join(folder.path, "other"), [{ name: "a" }]);
    const { a, b } = agents.addresses;
    const { err, exitCode } = await runCli("failover", "status", "--agent", a, b, "--ca", other.ca);
    expect(exitCode).toBe(34);
    expect(err).toMatch(/AgentUntrusted[\s\S]*Give --ca the certificate authority/);
  });

  test("an agent whose certificate is of another cluster is not believed", async () => {
    await begin();
    const [url = ""] = agents.addresses.a.split("=").slice(1);
    const { err, exitCode } = await runCli(
      "failover",
      "status",
      "-a",
      `b=${url}`,
      "--ca",
      agents.ca,
    );
    expect(exitCode).toBe(34);
    expect(err).toMatch(/it says that it is of a/);
  });

  test("why shows what failed first, with what would change it", async () => {
    await begin();
    const { out } = await look("why", "--region", "b");
    const lines = out.split("\n");
    expect(lines[0]).toMatch(/^b does not take over: revision \d+ of a has stood for [0-9.]+ m?s/);
    expect(lines[1]).toMatch(/✗ Outwaited/);
    expect(lines[2]).toMatch(/→ time: /);
    expect(out).toMatch(/✓ Armed/);
  });

  test("what-if foretells who takes over, after how long, and what is lost", async () => {
    await begin();
    const { out } = await look("what-if");
    expect(out).toMatch(
      /^If a dies now, b takes over by itself after about \d+\.\d s\.\nNothing would be lost: /,
    );
    expect(out).toMatch(/outwait the lease +21\.0 s +26\.5 s +32\.0 s/);
  });

  test("plan shows steps and gates, and does nothing", async () => {
    await begin();
    const { out } = await look("plan", "switchover");
    expect(out).toMatch(/^A switchover from a to b can be done now\.\n {2}✓ Serving/);
    expect(out).toMatch(/1\. +a +fence: refuse every write/);
    const failback = await look("plan", "failback");
    expect(failback.out).toMatch(/✗ FailbackAllowed {3}the group's failback is never/);
    expect(agents.a.state.wish).toBeNull();
  });

  test("history folds what the agents tell; alerts ask nobody", async () => {
    await begin();
    expect((await look("history")).out).toMatch(/Nothing has happened yet\./);
    const alerts = await runCli("failover", "alerts");
    expect(alerts.out).toMatch(/alert: FailoverLossBeyondObjective/);
  });
});

test("history of journals asks no agent, and tells periods, gaps and whose order it was", async () => {
  await begin();
  const fsn = join(folder.path, "fsn");
  const written = async (
    cluster: string,
    atMs: number,
    types: readonly string[],
  ): Promise<void> => {
    let nowMs = atMs;
    const clock = { ...systemClock, nowMs: () => (nowMs += 1_000) };
    const journal = await openFileJournal({
      folder: join(folder.path, cluster),
      stream: cluster,
      clock,
    });
    for (const type of types) {
      await journal.append({
        type: `failover.${type}`,
        data: { person: "ada", order: "arm", because: `of ${cluster}` },
      });
    }
    await journal.close();
  };
  const beginMs = Date.UTC(2026, 10, 21, 2, 41, 0);
  await written("fsn", beginMs, ["authorityGained", "serving", "authorityLost"]);
  await written("hel", beginMs + 30_000, ["orderTaken", "authorityGained", "serving"]);
  await agents.silence("a");
  await agents.silence("b");
  const hel = join(folder.path, "hel");
  const words = ["--journal", `fsn=${fsn}`, `hel=${hel}`];
  const { out, exitCode } = await runCli("failover", "history", ...words);
  expect(exitCode).toBe(0);
  expect(out).toMatch(
    /^2 periods of who may write\.\n {2}fsn {2}2026-11-21 02:41:02Z {2}until 2026-11-21 02:41:04Z/,
  );
  expect(out).toMatch(/hel .* until now .* nobody served for 30\.0 s before/);
  expect(out).toMatch(/hel {2}orderTaken +ada orders arm: of hel/);
  const wrong = await runCli("failover", "history", "--journal", fsn);
  expect(wrong).toMatchObject({
    exitCode: 2,
    err: expect.stringMatching(/--journal is <cluster>=<folder>/),
  });
});

describe("telling", () => {
  test("disarm and arm reach both regions and are seen done", async () => {
    await begin();
    const disarmed = await as("lin", "disarm", "--because", "the network is changed");
    expect(disarmed).toMatchObject({ exitCode: 0, err: "" });
    expect(disarmed.out).toMatch(
      /✓ a took the order disarm\.\n✓ b took the order disarm\.\nSeen done/,
    );
    expect((await look("status")).out).toMatch(/no: the network is changed/);
    const armed = await as("lin", "arm");
    expect(armed.exitCode).toBe(0);
    expect((await look("status")).out).toMatch(/^shop: a serves at epoch 1; b follows in step/);
  });

  test("switchover hands over, and says when the other region serves", async () => {
    await begin();
    const { out, err, exitCode } = await as("lin", "switchover", "--because", "kernel update");
    expect(err).not.toMatch(/error/);
    expect(exitCode).toBe(0);
    expect(out).toMatch(/✓ a took the order switchover\.\nb serves, after /);
    expect(agents.b.state.data.kind).toBe("serving");
    const { out: history } = await look("history");
    expect(history).toMatch(/orderTaken +wish: switchover/);
  });

  test("with a closed gate a switchover is not sent", async () => {
    await begin();
    await agents.silence("b");
    const { out, err, exitCode } = await as("lin", "switchover");
    expect(exitCode).toBe(28);
    expect(out).toMatch(/✗ PeerAnswers/);
    expect(err).toMatch(/nothing was sent: the agent of b does not answer/);
    expect(agents.a.state.wish).toBeNull();
  });

  test("take-over without --confirm says what would happen, and does nothing", async () => {
    await begin();
    const { out, err, exitCode } = await as(
      "ada",
      "take-over",
      "--region",
      "b",
      "--peer-is-fenced",
    );
    expect(exitCode).toBe(2);
    expect(out).toMatch(
      /b would take over from a\.\nYou state that a can not write: if it does, both do\./,
    );
    expect(err).toMatch(/nothing was done[\s\S]*--confirm shop/);
    expect(agents.b.state.wish).toBeNull();
  });

  test("take-over, confirmed, is the wish of the region", async () => {
    await begin();
    const words = ["take-over", "--region", "b", "--confirm", "shop", "--wait", "0s"];
    expect((await as("lin", ...words)).err).toMatch(
      /lin is sre, and that does not give the order takeOver/,
    );
    const { exitCode } = await as("ada", ...words);
    expect(exitCode).toBe(0);
    expect(agents.b.state.wish).toMatchObject({ kind: "takeOver", withoutWitness: false });
  });

  test.each<[string, keyof typeof keys, readonly string[], number, RegExp]>([
    ["a person nobody knows", "eve", [], 23, /no key of the roster signed|eve is not among those/],
    ["a role that does not give it", "grace", [], 35, /grace is dataOwner/],
    ["an order that ran out", "lin", ["--valid-for", "1ms"], 36, /it ran out at/],
    ["an order that holds for too long", "lin", ["--valid-for", "1h"], 36, /15m is the most/],
  ])("%s is told the reason and what to do", async (_, person, words, code, because) => {
    await begin();
    const { out, err, exitCode } = await as(person, "disarm", "--wait", "0s", ...words);
    expect(exitCode).toBe(code);
    expect(out + err).toMatch(because);
    expect(agents.b.state.disarmedBecause).toEqual([]);
  });

  test("somebody else's name with one's own key is refused", async () => {
    await begin();
    const { out, exitCode } = await look("arm", "--person", "ada", "--key", keys.lin.file);
    expect(exitCode).toBe(35);
    expect(out).toMatch(/signed by a key of the roster that is not ada's/);
  });

  test("without person or key it says which option or variable", async () => {
    await begin();
    expect((await look("arm")).err).toMatch(/--person/);
    expect((await look("arm", "--person", "lin")).err).toMatch(
      /--print the text and sign it elsewhere/,
    );
  });
});

describe("signing elsewhere", () => {
  test("a printed text is signed by ssh-keygen, sent once, and not twice", async () => {
    await begin();
    const printed = await look(
      "disarm",
      "--region",
      "b",
      "--because",
      "by token",
      "--person",
      "lin",
      "--print",
    );
    expect(printed.exitCode).toBe(0);
    const text = join(folder.path, "order.txt");
    await writeFile(text, printed.out);
    const signature = await signWithSsh({
      text: await readFile(text, "utf8"),
      namespace: orderNamespace,
      keyFile: keys.lin.file,
    });
    await writeFile(`${text}.sig`, signature);
    const send = ["disarm", "--text", text, "--signature", `${text}.sig`, "--region", "b"];
    const first = await look(...send);
    expect(first).toMatchObject({ exitCode: 0, err: "" });
    const again = await look(...send);
    expect(again.exitCode).toBe(37);
    expect(again.out).toMatch(/its nonce .* was used before/);
    expect((await look("arm", ...send.slice(1))).err).toMatch(
      /is the order disarm, and this command gives arm/,
    );
  });
});

describe("approving", () => {
  test("two people approve a failover that loses nothing; each agent has both", async () => {
    await begin({ mode: "semiAutomatic", approvals: { semiAutomatic: 2, lossy: 2 } });
    const first = await as("lin", "approve");
    expect(first.exitCode).toBe(0);
    expect(first.err).toMatch(/b takes over from a at epoch 1[\s\S]*Nothing would be lost/);
    expect(first.out).toMatch(/Approved by lin; 2 for a failover that loses nothing/);
    const second = await as("grace", "approve");
    expect(second.out).toMatch(/Approved by grace, lin; /);
    expect(agents.b.state.approvals.map(({ person }) => person)).toEqual(["lin", "grace"]);
    expect((await look("status")).out).toMatch(/Approved:\n {2}lin +failover at epoch 1/);
  });

  test("a loss is stated in bytes first, and covered by nobody who did not say so", async () => {
    await begin();
    const { a, b, here } = agents;
    a.measures = (atMs) =>
      factsOf("writable", atMs, { sync: "alone", position: 9_000, standbyReady: false });
    b.measures = (atMs) => factsOf("standby", atMs, { position: 4_000, lagMs: 2_500 });
    here.pass(30_000, () => {
      here.answer(a);
      here.answer(b);
    });
    const blind = await as("grace", "approve");
    expect(blind.exitCode).toBe(2);
    expect(blind.err).toMatch(
      /Lost would be 5 000 bytes and what came after, writes of the last 12\.5 s/,
    );
    expect(blind.err).toMatch(
      /nothing was signed: 5 000 bytes and what came after would be lost[\s\S]*--max-loss-bytes 5000/,
    );
    const sre = await as("lin", "approve", "--max-loss-bytes", "any");
    expect(sre.out).toMatch(
      /lin is sre, and that does not give the approval of failover with a loss/,
    );
    expect(agents.b.state.approvals).toEqual([]);
  });

  test("taking over without the witness is approved by a sovereignAdmin alone", async () => {
    await begin();
    const words = ["approve", "takeOverWithoutWitness", "--max-loss-bytes", "any"];
    expect((await as("grace", ...words)).exitCode).toBe(35);
    const { out, exitCode } = await as("ada", ...words);
    expect(exitCode).toBe(0);
    expect(out).toMatch(/Approved by ada; 2 are asked for\./);
    expect(agents.b.state.approvals).toMatchObject([{ action: "takeOverWithoutWitness" }]);
  });

  test("one agent that took an approval is enough", async () => {
    await begin();
    await agents.silence("a");
    const { out, exitCode } = await as("lin", "approve", "--region", "b");
    expect(exitCode).toBe(0);
    expect(out).toMatch(
      /✗ a did not take the approval[\s\S]*✓ b took the approval|✓ b took the approval/,
    );
  });
});
