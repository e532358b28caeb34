import { execFileSync } from "node:child_process";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { powerDnsNameServer } from "../../src/adapters/powerdns/name-server.ts";
import { ensureZone, serverVersion } from "../../src/adapters/powerdns/zones.ts";
import { Failure } from "../../src/core/kernel/failure.ts";
import { nameServerContract } from "../contract/name-server.ts";
import { askOne } from "./dns-client-query.ts";
import { type PdnsServer, startPdnsServer } from "./pdns-server.ts";

const zone = "contract.test.";

nameServerContract("a real PowerDNS server", async () => {
  const pdns = await startPdnsServer([zone], "ns1 of hz-fsn-rtz-prod");
  const { options } = pdns;
  const wrong = { ...options, readKey: () => Promise.resolve("not-the-key") };
  const away = { ...options, apiUrl: "http://127.0.0.1:9" };
  return {
    server: powerDnsNameServer(options),
    zone,
    withWrongKey: powerDnsNameServer(wrong),
    unreachable: powerDnsNameServer(away),
    stop: pdns.stop,
  };
});

describe("the helpers of a real PowerDNS server", () => {
  let pdns: PdnsServer;
  beforeAll(async () => {
    pdns = await startPdnsServer();
  });
  afterAll(() => pdns.stop());

  test("it states its version", async () => {
    expect(await serverVersion(pdns.options)).toMatch(/^\d+\.\d+/);
  });

  test("a zone can be ensured twice", async () => {
    await ensureZone(pdns.options, zone, [`ns1.${zone}`]);
    await ensureZone(pdns.options, zone, [`ns1.${zone}`]);
    const types = (await powerDnsNameServer(pdns.options).readZone(zone)).map(({ type }) => type);
    expect(types.sort()).toEqual(["NS", "SOA"]);
  });
});

test("what a server remembers is answered until it is told to forget it, for every name of the zone", async () => {
  const pdns = await startPdnsServer([zone]);
  try {
    const server = powerDnsNameServer(pdns.options);
    const names = ["one", "two"].map((label) => `${label}.${zone}`);
    const rrsetOf = (name: string) => ({ name, type: "A", ttlSeconds: 60, records: ["192.0.2.1"] });
    await server.change(
      zone,
      names.map((name) => ({ kind: "replace", rrset: rrsetOf(name) })),
    );
    const answers = () =>
      Promise.all(
        names.map(async (name) => (await askOne(pdns.dns, { name, type: "A" })).data.join()),
      );
    expect(await answers()).toEqual(["192.0.2.1", "192.0.2.1"]);
    const sql = "UPDATE records SET content='192.0.2.2' WHERE type='A'";
    execFileSync("sqlite3", [join(pdns.folder, "pdns.sqlite3"), sql]);
    expect(await answers()).toEqual(["192.0.2.1", "192.0.2.1"]);
    await server.forget(zone);
    expect(await answers()).toEqual(["192.0.2.2", "192.0.2.2"]);
    expect(await server.probeIntervalMs()).toBe(1_000);
    expect(await server.leftZones("another.test.")).toEqual([]);
  } finally {
    await pdns.stop();
  }
});

test("records of ours in another zone are found, whoever owns the rest of it", async () => {
  const pdns = await startPdnsServer([zone, "old.test."]);
  try {
    const server = powerDnsNameServer(pdns.options);
    const ownership = { application: "acme-prod/shop", placement: "single-region" };
    const bare = { type: "A", ttlSeconds: 60, records: ["192.0.2.1"] };
    await server.change("old.test.", [
      { kind: "replace", rrset: { ...bare, name: "shop.acme-prod.old.test.", ownership } },
      { kind: "replace", rrset: { ...bare, name: "www.old.test." } },
    ]);
    expect(await server.leftZones(zone)).toEqual([{ zone: "old.test.", rrsets: 1 }]);
    expect(await server.leftZones("old.test.")).toEqual([]);
  } finally {
    await pdns.stop();
  }
});

describe("a server that misbehaves", () => {
  const key = "s3cret-K3y/with+signs";
  async function failureWith(listener: RequestListener, readKey = key): Promise<Failure> {
    const http = createServer(listener);
    await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
    const { port } = http.address() as AddressInfo; // It listens on TCP.
    const server = powerDnsNameServer({
      id: "ns1 of hz-fsn-rtz-prod",
      apiUrl: `http://127.0.0.1:${port}/`,
      readKey: () => Promise.resolve(readKey),
      timeoutMs: 500,
    });
    try {
      await server.readZone(zone);
      throw new Error("it should have failed");
    } catch (thrown) {
      if (!(thrown instanceof Failure)) throw thrown;
      return thrown;
    } finally {
      http.closeAllConnections();
      http.close();
    }
  }
  const answer =
    (status: number, body: string): RequestListener =>
    (_, response) => {
      response.writeHead(status, { location: "http://127.0.0.1:9/" }).end(body);
    };

  test.each([
    ["401 Unauthorized", answer(401, `you said ${key}`), "NameServerUnauthorized"],
    ["422 that echoes the key", answer(422, `{"error":"no: ${key}"}`), "NameServerRefused"],
    ["413 for a large body", answer(413, "too large"), "NameServerRefused"],
    ["400 for a large body", answer(400, "Bad Request"), "NameServerRefused"],
    ["500 that echoes the key", answer(500, `boom ${key}`), "NameServerUnreachable"],
    ["503", answer(503, ""), "NameServerUnreachable"],
    ["a redirect, which is not followed", answer(302, ""), "NameServerRefused"],
    ["a page that is not JSON", answer(200, "<html>"), "NameServerRefused"],
    ["JSON that is not a zone", answer(200, '{"rrsets":[{}]}'), "NameServerRefused"],
    ["no answer in time", () => undefined, "NameServerUnreachable"],
    ["a cut connection", (request) => request.socket.destroy(), "NameServerUnreachable"],
  ] satisfies [string, RequestListener, string][])(
    "%s is one clear failure without the key",
    async (_, listener, code) => {
      const failure = await failureWith(listener);
      expect(failure.code).toBe(code);
      expect(failure.where).toContain("ns1 of hz-fsn-rtz-prod");
      expect(
        JSON.stringify(failure.toJson()) + failure.stack + String(failure.cause),
      ).not.toContain(key);
    },
  );

  test("a key that no header can carry is CredentialUnreadable and is not shown", async () => {
    const failure = await failureWith(answer(200, ""), "two\nlines");
    expect(failure.code).toBe("CredentialUnreadable");
    expect(failure.message).not.toContain("two");
  });
});
