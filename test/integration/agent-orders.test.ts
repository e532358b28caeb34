/** Signed orders and the peer's messages at the HTTPS listener of a real agent: who is heard, once, also over a restart. */
import { readFile, rm } from "node:fs/promises";
import { request } from "node:https";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { gracesKey } from "../fixtures/failover.ts";
import { runCli } from "../run-cli.ts";
import { AgentWorld, fsn, until } from "./agent-world.ts";
import { type KeyFolder, keyFolder, type TestKey } from "./ssh-keys.ts";

const grace = { name: "grace", roles: ["dataOwner"], sshKeys: [gracesKey] };

let world: AgentWorld;
let keys: KeyFolder;
let ada: TestKey;
let eve: TestKey;

/** The first region serves, and Ada of its roster may sign. */
async function begin(): Promise<void> {
  keys = await keyFolder();
  [ada, eve] = await Promise.all([keys.make("ada", "ed25519"), keys.make("eve", "ed25519")]);
  world = await AgentWorld.make();
  await world.enrol([
    { name: "ada", roles: ["sre", "sovereignAdmin"], sshKeys: [ada.bare] },
    grace,
  ]);
  await world.start(fsn);
  await until(
    "it serves",
    () => world.health(fsn),
    (status) => status === 200,
  );
}

async function end(): Promise<void> {
  await world.close();
  await keys.remove();
}

const order = (key: TestKey, ...words: readonly string[]) =>
  runCli(
    ...["failover", ...words, "--agent", `${fsn}=${world.apiUrl(fsn)}`, "--ca", world.authority],
    ...["--person", "ada", "--key", key.file, "--because", "a test", "--wait", "60s"],
    ...["--region", fsn],
  );

type Answer = { readonly status: number; readonly body: string };

async function post(path: string, body: string): Promise<Answer> {
  const ca = await readFile(world.authority, "utf8");
  return new Promise((resolve, reject) => {
    const headers = { "content-length": Buffer.byteLength(body) };
    const options = { method: "POST", ca, servername: fsn, headers, agent: false };
    const sent = request(new URL(path, world.apiUrl(fsn)), options, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (part: string) => {
        text += part;
      });
      response.once("end", () => resolve({ status: response.statusCode ?? 0, body: text }));
    });
    sent.once("error", reject).end(body);
  });
}

// What is refused leaves nothing behind, so one agent is enough for all of it.
describe("what is refused", () => {
  beforeAll(begin);
  afterAll(end);

  test("what nobody of the roster signed is refused, and leaves nothing behind", async () => {
    const refused = await order(eve, "disarm");
    expect(refused.exitCode).not.toBe(0);
    expect(refused.err).toContain("SignatureInvalid");
    const report = await world.report(fsn);
    expect(report?.status.armed).toBe(true);
    expect(report?.journalTail.some(({ type }) => type.startsWith("failover.order"))).toBe(false);
  });

  test.each([
    [
      "a message without the peer's certificate",
      "/v1/groups/acme-prod/peer",
      "{}",
      403,
      "PeerRefused",
    ],
    ["an order that is none", "/v1/groups/acme-prod/orders", "{", 400, "UsageInvalid"],
    ["an order for another group", "/v1/groups/shop/orders", "{}", 404, "NotFound"],
    ["a book", "/v1/groups/acme-prod/orders", "x".repeat(20_000), 413, "MessageTooLarge"],
    ["anything else", "/v1/arm", "{}", 404, "NotFound"],
  ])("%s is refused with its reason", async (_what, path, body, status, code) => {
    const answer = await post(path, body);
    expect(answer).toMatchObject({ status });
    expect(JSON.parse(answer.body)).toMatchObject({ error: { code } });
  });
});

describe("what an agent remembers", () => {
  beforeEach(begin);
  afterEach(end);

  test("what a person of the roster signs is done, kept over a restart, and is in the journal with the name", async () => {
    const done = await order(ada, "disarm");
    expect(done.exitCode, done.err).toBe(0);
    await world.end(fsn, "SIGKILL");
    await world.start(fsn);
    const report = await until(
      "it is not armed",
      () => world.report(fsn),
      (seen) => seen?.status.armed === false,
    );
    const taken = report?.journalTail.find(({ type }) => type === "failover.orderTaken");
    expect(taken?.text).toContain("person=ada");
    // It goes on serving: it only does not take over by itself.
    await until(
      "it serves",
      () => world.health(fsn),
      (status) => status === 200,
    );
  });

  test("who was taken out of the roster is not heard any more", async () => {
    await world.enrol([
      { name: "ada", roles: ["sre", "sovereignAdmin"], sshKeys: [eve.bare] },
      grace,
    ]);
    await until(
      "the newer documents",
      () => world.report(fsn),
      (report) =>
        report?.journalTail.some(({ type }) => type === "agent.documentsTakenOver") === true,
    );
    const refused = await order(ada, "disarm");
    expect(refused.err).toContain("SignatureInvalid");
  });

  test("an agent that lost its memory of what it heard still hears", async () => {
    await rm(join(world.state(fsn), "orders.json"), { force: true });
    await world.end(fsn, "SIGTERM");
    await world.start(fsn);
    // Its report is there before it takes orders.
    const told = async (): Promise<number | null> => (await order(ada, "disarm")).exitCode;
    await expect.poll(told, { timeout: 60_000, interval: 500 }).toBe(0);
  });
});
