/**
 * The lease decides on real name servers: two of them, two regions' gateways and agents as HTTP servers of this test, and a
 * control plane for each region that hears only what its side of a partition can reach (DESIGN §3).
 */
import { afterAll, beforeAll, expect, test } from "vitest";
import { agentReports } from "../../src/adapters/agent/agent-reports.ts";
import type { AgentReader } from "../../src/control/agents/agent-port.ts";
import { Failure } from "../../src/core/kernel/failure.ts";
import { memorySource } from "../../src/sim/memory-source.ts";
import { declared, documentsOf, fsn, hel, placed, witnessed, zone } from "../catalogue.ts";
import { type Control, liveSovereign, startControl } from "./control-world.ts";
import { askOne } from "./dns-client-query.ts";
import { type PdnsServer, startPdnsServer } from "./pdns-server.ts";
import { type StandIns, startStandIns } from "./region-stand-in.ts";

const limitMs = 90_000;
const clusters = [fsn, hel] as const;
const group = declared("ledger", { environments: ["acme-prod"] });

const everyWay = clusters.flatMap((from) => clusters.map((to) => `${from}>${to}`));
/** The ways that are cut; at first every one. */
const silence = new Set(everyWay);

let regions: StandIns;
let servers: readonly PdnsServer[] = [];
let controls: Control[] = [];
const source = memorySource();

/** The agents as the control plane of one region reaches them: `from>to` in `silence` is a cut. */
const agentsFrom = (from: string): readonly AgentReader[] =>
  regions.list.map(({ cluster, url }) => {
    const reader = agentReports({ cluster, url, timeoutMs: 2_000 });
    return {
      ...reader,
      read: (signal) =>
        silence.has(`${from}>${cluster}`)
          ? Promise.reject(new Failure("AgentUnreachable", "the way is cut"))
          : reader.read(signal),
    };
  });

async function startRegionControl(index: number): Promise<Control> {
  const cluster = clusters[index] ?? "";
  const key = servers[index]?.apiKey ?? "";
  return startControl({
    cluster,
    source,
    readKey: () => key,
    timeoutMs: 5_000,
    timesAsFast: 5,
    agents: agentsFrom(cluster),
  });
}

const answersOf = async (name: string): Promise<readonly string[]> =>
  Promise.all(
    servers.map(async ({ dns }) => {
      const asked = await askOne(dns, { name: `${name}.acme-prod.sovereign.test`, type: "A" });
      const region = regions.list.find(({ address }) => address === asked.data.join());
      return region?.cluster ?? asked.data.join();
    }),
  );
const leadsTo = (name: string, wanted: readonly string[]): Promise<void> =>
  expect.poll(() => answersOf(name), { timeout: limitMs, interval: 200 }).toEqual(wanted);

beforeAll(async () => {
  regions = await startStandIns(clusters);
  servers = await Promise.all(
    clusters.map((_, index) => startPdnsServer([zone], `ns${index + 1}`)),
  );
  const live = clusters.flatMap((cluster, index) => {
    const pdns = servers[index];
    const ipv4 = [regions.list[index]?.address ?? ""];
    return pdns === undefined ? [] : [{ cluster, ipv4, ipv6: [], pdns }];
  });
  const healthCheck = { scheme: "http" as const, port: regions.port, path: "/healthz" };
  const applications = [
    placed("shop", { healthCheck }),
    placed("warm", { healthCheck, placement: "active-passive-warm" }),
    placed("open", { healthCheck, placement: "active-active" }),
  ];
  source.publish(documentsOf(applications, witnessed(liveSovereign(live)), [group]));
  controls = await Promise.all(clusters.map((_, index) => startRegionControl(index)));
});
afterAll(async () => {
  regions.stop();
  await Promise.all(controls.map((control) => control.stop()));
  await Promise.all(servers.map((server) => server.stop()));
});

test("probes alone lead to the region whose agent holds the lease, although it is second", async () => {
  const [a, b] = regions.list;
  if (a === undefined || b === undefined) throw new Error("there are two regions");
  b.facts = { epoch: 4 };
  await leadsTo("shop", [hel, hel]);
  await answersOf("open");
  await expect
    .poll(() => [...a.paths].sort(), { timeout: limitMs })
    .toEqual(["/.well-known/failover/ledger/shop", "/healthz"]);
  expect(await answersOf("warm")).toEqual([fsn, fsn]);
});

test("a record of active-passive-warm follows what the agents say once they are heard", async () => {
  silence.clear();
  await leadsTo("warm", [hel, hel]);
});

test("where no probe succeeds both name servers still lead to the holder, also the one that is cut off from it", async () => {
  const [a, b] = regions.list;
  if (a === undefined || b === undefined) throw new Error("there are two regions");
  // A hears only its own agent, which says that it is fenced; B hears its own, which holds.
  silence.add(`${fsn}>${hel}`).add(`${hel}>${fsn}`);
  a.gateway = "down";
  b.gateway = "down";
  for (const server of servers) {
    const name = "_why.shop.acme-prod.sovereign.test";
    const states = async (): Promise<string> =>
      (await askOne(server.dns, { name, type: "TXT" })).data.join();
    await expect.poll(states, { timeout: limitMs, interval: 200 }).not.toContain("=up");
  }
  for (let sample = 0; sample < 20; sample++) expect(await answersOf("shop")).toEqual([hel, hel]);
});

test("a control plane that begins again and hears nobody leaves the order, and journals nothing about it", async () => {
  for (const way of everyWay) silence.add(way);
  await controls[0]?.stop();
  controls[0] = await startRegionControl(0);
  await expect.poll(() => controls[0]?.current().roundAtMs, { timeout: limitMs }).not.toBe(null);
  for (let sample = 0; sample < 20; sample++) expect(await answersOf("shop")).toEqual([hel, hel]);
  expect(await answersOf("warm")).toEqual([hel, hel]);
  const types = (await controls[0].events()).map(({ type }) => type);
  expect(types.filter((type) => type === "dns.fallbackMoved" || type === "dns.changed")).toEqual(
    [],
  );
  const told = async (): Promise<number> =>
    (await controls[0]?.events())?.filter(({ type }) => type === "agent.silent").length ?? 0;
  await expect.poll(told, { timeout: limitMs }).toBe(2);
});

test("the first region takes the lease at a later epoch: both follow it, and the journal says why", async () => {
  const [a, b] = regions.list;
  if (a === undefined || b === undefined) throw new Error("there are two regions");
  silence.clear();
  // The other one hears of it later: whoever heard of its end first would follow for that reason.
  a.facts = { epoch: 5 };
  await leadsTo("shop", [fsn, fsn]);
  await leadsTo("warm", [fsn, fsn]);
  b.facts = {};
  a.gateway = "answers";
  b.gateway = "answers";
  await leadsTo("shop", [fsn, fsn]);
  for (const control of controls) {
    const lastMove = async () =>
      (await control.events()).findLast(({ type }) => type === "dns.fallbackMoved")?.data;
    await expect.poll(lastMove, { timeout: limitMs, interval: 200 }).toMatchObject({
      group: "ledger",
      applications: ["acme-prod/shop", "acme-prod/warm"],
      order: [fsn, hel],
      epoch: 5,
      reason: "HolderFirst",
    });
  }
});
