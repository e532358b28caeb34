import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { scriptedLedgerReport } from "../../../test/integration/ledger-sample.ts";
import { systemClock } from "../../adapters/clock.ts";
import type { DnsClient } from "../../control/env.ts";
import type { LedgerWrite } from "../../core/drill/ledger-write.ts";
import { LedgerClient } from "./ledger-client.ts";
import { listLedgerReports, readLedgerReport, writeLedgerReport } from "./ledger-files.ts";
import { askJson } from "./post-json.ts";
import { pageOf, readHoldings } from "./read-holdings.ts";
import { readSigned, signingKey, writeSigned } from "./signed-file.ts";
import { WriteLog } from "./write-log.ts";

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

async function listening(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  cleanups.push(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return (server.address() as AddressInfo).port; // A listening TCP server has one.
}

async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), "sovereign-ledger-"));
  cleanups.push(() => rm(path, { recursive: true, force: true }));
  return path;
}

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
    writeLimitMs: 200,
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
  test.each<[string, (id: string) => { status: number; body: string } | "silence", object]>([
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
    ["silence ends at the limit", () => "silence", { outcome: "timedOut" }],
  ])("%s", async (_, answer, expected) => {
    expect(await outcomeOf(answer)).toMatchObject(expected);
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
    const path = join(await folder(), "a", "writes.ndjson");
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

describe("reports of data as files", () => {
  test("a report that is written is read again; a run without a report is not listed", async () => {
    const reports = await folder();
    const report = scriptedLedgerReport();
    const files = await writeLedgerReport(reports, report);
    expect(await readLedgerReport(reports, report.id)).toEqual(report);
    await WriteLog.create(join(reports, "ledger-00000000aaaa", "writes.ndjson"), {}).then((log) =>
      log.close(),
    );
    expect(await listLedgerReports(reports)).toEqual([report.id]);
    expect(files.sha256).toMatch(/^[0-9a-f]{64}$/);
    await expect(readLedgerReport(reports, "../x")).rejects.toMatchObject({ code: "NotFound" });
    await expect(readLedgerReport(reports, "ledger-00000000aaaa")).rejects.toMatchObject({
      code: "NotFound",
    });
    await writeFile(files.json, "{}");
    await expect(readLedgerReport(reports, report.id)).rejects.toMatchObject({
      code: "DocumentInvalid",
    });
    expect(await listLedgerReports(join(reports, "none"))).toEqual([]);
  });
});

describe("a signed file", () => {
  test("is read by its signature, whose key is made for its owner only", async () => {
    const where = await folder();
    const keyFile = join(where, "keys", "own.pem");
    const key = await signingKey(keyFile, true);
    const file = join(where, "day.json");
    const { fingerprint } = await writeSigned(file, '{"a":1}', key);
    expect(await readSigned(file)).toEqual({ text: '{"a":1}', fingerprint });
    expect((await stat(keyFile)).mode & 0o077).toBe(0);
    expect((await signingKey(keyFile, false)).equals(key)).toBe(true);
  });
  test("that was changed, or whose signature is another's, is refused", async () => {
    const where = await folder();
    const [one, two] = [join(where, "1.json"), join(where, "2.json")];
    await writeSigned(one, "one", await signingKey(join(where, "1.pem"), true));
    await writeSigned(two, "two", await signingKey(join(where, "2.pem"), true));
    const invalid = { code: "SignatureInvalid" };
    await writeFile(one, "changed");
    await expect(readSigned(one)).rejects.toMatchObject(invalid);
    await writeFile(`${two}.sig`, await readFile(`${one}.sig`));
    await expect(readSigned(two)).rejects.toMatchObject(invalid);
    await writeFile(`${two}.sig`, "{}");
    await expect(readSigned(two)).rejects.toMatchObject(invalid);
    await expect(readSigned(join(where, "none.json"))).rejects.toMatchObject({ code: "NotFound" });
  });
  test("is not signed with a key that is not there or is none", async () => {
    const file = join(await folder(), "key.pem");
    await expect(signingKey(file, false)).rejects.toMatchObject({ code: "CredentialUnreadable" });
    await writeFile(file, "not a key");
    await expect(signingKey(file, true)).rejects.toMatchObject({ code: "CredentialUnreadable" });
  });
});
