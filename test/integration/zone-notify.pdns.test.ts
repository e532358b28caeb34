/** NOTIFY that the server's API refuses for a while: the change counts as made, it is told once, and NOTIFY is sent later. */
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { powerDnsNameServer } from "../../src/adapters/powerdns/name-server.ts";
import { makeNotifier } from "../../src/adapters/powerdns/notifier.ts";
import type { RrsetChange } from "../../src/core/dns/model.ts";
import type { Failure } from "../../src/core/kernel/failure.ts";
import { type PdnsServer, startPdnsServer } from "./pdns-server.ts";

const zone = "notify.test.";
let pdns: PdnsServer;
let front: Server;
let apiUrl = "";
/** What becomes of a request for NOTIFY, and how many there were. */
let notify: "taken" | "refused" = "taken";
let asked = 0;

beforeAll(async () => {
  pdns = await startPdnsServer([zone], "ns1", { primary: "yes" });
  front = createServer((request, response) => {
    const isNotify = request.url?.endsWith("/notify") === true;
    if (isNotify) asked += 1;
    if (isNotify && notify === "refused") {
      response.writeHead(503).end("busy");
      return;
    }
    const parts: Buffer[] = [];
    request.on("data", (part: Buffer) => parts.push(part));
    request.on("end", () => {
      const body = Buffer.concat(parts).toString();
      fetch(`${pdns.apiUrl}${request.url ?? ""}`, {
        method: request.method ?? "GET",
        headers: { "X-API-Key": pdns.apiKey },
        ...(body === "" ? {} : { body }),
      })
        .then(async (reply) => {
          const text = await reply.text();
          response.writeHead(reply.status).end(reply.status === 204 ? undefined : text);
        })
        .catch(() => response.destroy());
    });
  });
  await new Promise<void>((resolve) => front.listen(0, "127.0.0.1", resolve));
  apiUrl = `http://127.0.0.1:${(front.address() as AddressInfo).port}`; // It listens on TCP.
});
afterAll(async () => {
  front.closeAllConnections();
  await new Promise((resolve) => front.close(resolve));
  await pdns.stop();
});
beforeEach(() => {
  notify = "taken";
  asked = 0;
});

const change = (address: string): readonly RrsetChange[] => [
  {
    kind: "replace",
    rrset: { name: `www.${zone}`, type: "A", ttlSeconds: 5, records: [address] },
  },
];
const addressAt = async (): Promise<readonly string[] | undefined> => {
  const rrsets = await powerDnsNameServer(pdns.options).readZone(zone);
  return rrsets.find(({ name }) => name === `www.${zone}`)?.records;
};
const serverWith = (owedAtStart: boolean) => {
  const told: Failure[] = [];
  const notifier = makeNotifier({ onOwed: (failure) => told.push(failure), owedAtStart });
  const make = (notifies = true) =>
    powerDnsNameServer({ ...pdns.options, apiUrl, notifies, notifier });
  return { told, make };
};

test("a NOTIFY that fails is no failed change, is told once, and is repeated until it is taken", async () => {
  const { told, make } = serverWith(false);
  notify = "refused";
  await make().change(zone, change("192.0.2.7"));
  expect(await addressAt()).toEqual(["192.0.2.7"]);
  expect(told.map(({ code }) => code)).toEqual(["NameServerUnreachable"]);
  expect(told[0]?.message).toContain("are not told of a change yet");
  // A new object for each round, as the control process has it.
  await make().readZone(zone);
  await make().readZone(zone);
  expect(asked).toBe(3);
  notify = "taken";
  await make().readZone(zone);
  await make().readZone(zone);
  expect(asked).toBe(4);
  notify = "refused";
  await make().change(zone, change("192.0.2.8"));
  expect(told).toHaveLength(2);
});

test("a process that begins asks once for what one before it may have owed", async () => {
  const { told, make } = serverWith(true);
  await make().readZone(zone);
  await make().readZone(zone);
  expect(asked).toBe(1);
  expect(told).toEqual([]);
});

test("a server that nobody follows is never asked, and reading alone asks for nothing", async () => {
  await serverWith(true).make(false).readZone(zone);
  await serverWith(true).make(false).change(zone, change("192.0.2.9"));
  await serverWith(false).make().readZone(zone);
  expect(asked).toBe(0);
});

test("whoever is stopped meanwhile leaves it owed and says nothing", async () => {
  const { told, make } = serverWith(true);
  const abort = new AbortController();
  abort.abort();
  const notifier = makeNotifier({ onOwed: (failure) => told.push(failure) });
  await notifier.changed({ ...pdns.options, apiUrl }, zone, abort.signal);
  expect(told).toEqual([]);
  await notifier.repeat({ ...pdns.options, apiUrl }, zone);
  expect(asked).toBe(1);
  await make().readZone(zone);
});
