import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { listening, ownFolder } from "../../../test/for-one-test.ts";
import { systemClock } from "../../adapters/clock.ts";
import type { DnsClient } from "../../control/env.ts";
import type { LedgerWrite } from "../../core/drill/ledger-write.ts";
import { LedgerClient } from "./ledger-client.ts";
import { askJson } from "./post-json.ts";
import { pageOf, readHoldings } from "./read-holdings.ts";
import { WriteLog } from "./write-log.ts";

const dnsOf = (addresses: readonly string[]): DnsClient => ({
  query: async (_server, name) => ({
    rcode: "NOERROR",
    records: addresses.map((data) => ({ name, type: "A", ttlSeconds: 1, data })),
  }),
});

type Sink = { readonly kept: LedgerWrite[]; readonly append: (write: LedgerWrite) => void };
function sink(): Sink {
  const kept: LedgerWrite[] = [];
  return { kept, append: (write) => void kept.push(write) };
}

/** What becomes of one write against a gateway that answers like this. */
async function outcomeOf(
  answer: (id: string) => { readonly status: number; readonly body: string } | "silence",
  addresses: readonly string[] = ["127.0.0.1"],
  writeLimitMs = 20_000,
): Promise<LedgerWrite | undefined> {
  const port = await listening(
    createServer((request, response) => {
      let text = "";
      request.on("data", (part) => {
        text += String(part);
      });
      request.on("end", () => {
        const said = answer((JSON.parse(text) as { id: string }).id); // Sent by our own client.
        if (said !== "silence") response.writeHead(said.status).end(said.body);
      });
    }),
  );
  const log = sink();
  const plan = {
    fqdn: "ledger.test",
    recursor: { address: "127.0.0.1", port: 1 },
    loadBalancerPort: port,
    writers: 1,
    writesPerSecond: 20,
    writeLimitMs,
  };
  const client = new LedgerClient({ clock: systemClock, dns: dnsOf(addresses), log }, plan);
  await expect.poll(() => log.kept.length, { timeout: 20_000 }).toBeGreaterThan(0);
  await client.stop();
  expect(client.writes()).toEqual(log.kept);
  return log.kept[0];
}

describe("one write of the ledger client", () => {
  const said = (id: string): string => JSON.stringify({ id, region: "r", epoch: 7, lsn: "0/10" });
  test("is acknowledged by a 200 that names it, with writer, epoch and position", async () => {
    const write = await outcomeOf((id) => ({ status: 200, body: said(id) }));
    expect(write).toMatchObject({ outcome: "acknowledged", region: "r", epoch: 7, position: 16 });
  });
  test.each<[string, (id: string) => { status: number; body: string }, object]>([
    [
      "a 200 of another write is a false answer",
      () => ({ status: 200, body: said("other") }),
      { outcome: "falseAnswer" },
    ],
    [
      "a 200 without JSON is a false answer",
      () => ({ status: 200, body: "ok" }),
      { outcome: "falseAnswer" },
    ],
    [
      "a 503 is no acknowledgement, whatever it says",
      (id) => ({ status: 503, body: said(id) }),
      { outcome: "badStatus", status: 503 },
    ],
    [
      "a 409 is no acknowledgement",
      (id) => ({ status: 409, body: said(id) }),
      { outcome: "badStatus", status: 409 },
    ],
  ])("%s", async (_, answer, expected) => {
    expect(await outcomeOf(answer)).toMatchObject(expected);
  });
  test("ends at its limit when nobody answers", async () => {
    const write = await outcomeOf(() => "silence", ["127.0.0.1"], 200);
    expect(write).toMatchObject({ outcome: "timedOut" });
  });
  test("without an address is not sent", async () => {
    expect(await outcomeOf(() => "silence", [])).toMatchObject({
      outcome: "noAnswer",
      addresses: [],
    });
  });
  test("that nobody listens for is refused", async () => {
    const target = { address: "127.0.0.1", port: 1 };
    const reply = await askJson({ target, host: "h", path: "/", body: "{}", limitMs: 5_000 });
    expect(reply).toEqual({ kind: "failed", outcome: "refused" });
  });
});

describe("the client's own log", () => {
  test("has a head and every write, in order, and is never begun twice", async () => {
    const path = join(await ownFolder(), "a", "writes.ndjson");
    const log = await WriteLog.create(path, { drill: "x" });
    const writes = Array.from({ length: 500 }, (_, at) => ({
      id: `w${at}`,
      sentMs: at,
      endMs: at,
      outcome: "refused" as const,
      addresses: [],
    }));
    for (const write of writes) log.append(write);
    await log.flushed();
    const lines = (await readFile(path, "utf8"))
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as unknown);
    expect(lines).toEqual([{ drill: "x" }, ...writes]);
    await log.close();
    await expect(WriteLog.create(path, {})).rejects.toMatchObject({ code: "Unexpected" });
  });
  test("that can not be written fails the run", async () => {
    const log = await WriteLog.create("/dev/full", { drill: "x" }).catch(() => undefined);
    // /dev/full exists already, so a new log is refused there; a log that fills up is told by `flushed`.
    expect(log).toBeUndefined();
  });
});

describe("what databases hold", () => {
  const clusters = (address: string) => [{ cluster: "r", addresses: [address] }];
  const acknowledged = (id: string): LedgerWrite => ({
    ...{ id, sentMs: 0, endMs: 1, outcome: "acknowledged", addresses: [], region: "r" },
  });
  test("is read page after page, and compared with what was acknowledged", async () => {
    const pages: Readonly<Record<string, object>> = {
      "/entries": { entries: [{ id: "a" }, { id: "b" }], next: "b" },
      "/entries?after=b": { entries: [{ id: "c" }], next: null },
    };
    const port = await listening(
      createServer(
        (request, response) => void response.end(JSON.stringify(pages[request.url ?? ""])),
      ),
    );
    const plan = { fqdn: "ledger.test", loadBalancerPort: port, regions: clusters("127.0.0.1") };
    const writes = ["a", "c"].map(acknowledged);
    expect(await readHoldings(systemClock, plan, writes)).toEqual([
      { region: "r", missing: [], unacknowledged: 0 },
    ]);
  });
  test("is not known when nobody answers, and says why", async () => {
    const plan = { fqdn: "ledger.test", loadBalancerPort: 1, regions: clusters("127.0.0.1") };
    const quick = { ...systemClock, sleep: async () => undefined };
    expect(await readHoldings(quick, plan, [acknowledged("a")])).toEqual([
      { region: "r", missing: null, unacknowledged: null, because: "it refuses the connection" },
    ]);
  });
  test.each([
    undefined,
    null,
    7,
    "x",
    {},
    { entries: {}, next: null },
    { entries: [{}], next: null },
    { entries: ["a"], next: null },
    { entries: [], next: 7 },
  ])("a page %j is none", (body) => expect(pageOf(body)).toBeUndefined());
});
