/**
 * A fake region pair for the runner of data drills: gateways and agents are real HTTP servers on loopback, and fakes stand for the
 * databases, the name servers and the supervisor. Its authority moves as it should, or as a test tells it to go wrong.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { systemClock } from "../../src/adapters/clock.ts";
import type { DnsClient, Journal } from "../../src/control/env.ts";
import type { LedgerKind } from "../../src/core/drill/ledger-kinds.ts";
import { holdMs } from "../../src/core/drill/ledger-kinds.ts";
import { Failure } from "../../src/core/kernel/failure.ts";
import type { SandboxConnection } from "../../src/sandbox/connection.ts";
import type { LedgerPlan } from "../../src/sandbox/drill/ledger-plan.ts";
import type { LedgerDrillTools } from "../../src/sandbox/drill/run-ledger-drill.ts";
import type { SandboxRequest } from "../../src/sandbox/protocol.ts";
import { agentReport } from "../agent-report.ts";
import { FakeConnection } from "./fake-connection.ts";
import { fsn, hel, ledgerProfile } from "./ledger-sample.ts";

export type Wrong = {
  /** Acknowledged entries that the next writer does not have. */
  readonly forgets?: number;
  /** The old writer goes on for some seconds after the new one began. */
  readonly twoWriters?: boolean;
  readonly neverArmed?: boolean;
  readonly restoreFails?: boolean;
  /** The agent does not see that its clock was stepped. */
  readonly clockUnseen?: boolean;
};

export type LedgerFakeWorld = {
  readonly tools: LedgerDrillTools;
  readonly plan: (kind: LedgerKind) => LedgerPlan;
  readonly asked: string[];
  readonly journal: string[];
  readonly connection: SandboxConnection & { readonly isClosed: boolean };
  readonly end: () => Promise<void>;
};

type Region = {
  readonly cluster: string;
  readonly address: string;
  readonly entries: Set<string>;
  epoch: number | undefined;
  isUp: boolean;
};

/** How long two regions go on writing when they are told to. */
const twoWritersMs = 4_000;
/** How long the fake lease lasts after its holder is gone. */
const outwaitMs = 1_200;

export async function ledgerWorld(wrong: Wrong = {}): Promise<LedgerFakeWorld> {
  const net = `127.${64 + Math.floor(Math.random() * 128)}`;
  const regions: readonly [Region, Region] = [
    { cluster: fsn, address: `${net}.1.80`, entries: new Set(), epoch: 7, isUp: true },
    { cluster: hel, address: `${net}.2.80`, entries: new Set(), epoch: undefined, isUp: true },
  ];
  const servers: Server[] = [];
  const at = (region: Region) => (request: IncomingMessage, response: ServerResponse) => {
    if (!region.isUp) request.socket.destroy();
    else answer(region, regions, wrong, { request, response });
  };
  const first = await listen(regions[0].address, 0, at(regions[0]));
  const { port } = first.address() as AddressInfo; // A listening TCP server has one.
  servers.push(first, await listen(regions[1].address, port, at(regions[1])));
  const move = (from: Region): void => {
    const to = from === regions[0] ? regions[1] : regions[0];
    to.epoch = (from.epoch ?? 7) + 1;
    if (wrong.twoWriters !== true) from.epoch = undefined;
    else
      setTimeout(() => {
        from.epoch = undefined;
      }, twoWritersMs).unref();
    for (const id of [...to.entries].slice(to.entries.size - (wrong.forgets ?? 0)))
      to.entries.delete(id);
  };
  const effect = async (request: SandboxRequest): Promise<void> => {
    if (request.command !== "break" && request.command !== "restore") return;
    const region = regions.find(({ cluster }) => cluster === request.region) ?? regions[0];
    if (request.command === "restore") {
      if (wrong.restoreFails === true) throw new Failure("ProcessFailed", "It does not start.");
      const other = regions.find((one) => one !== region) ?? region;
      if (other.epoch !== undefined) for (const id of other.entries) region.entries.add(id);
      region.isUp = true;
    } else if (request.fault === "kill") {
      region.isUp = wrong.twoWriters === true;
      setTimeout(() => move(region), outwaitMs).unref();
    }
  };
  const asked: string[] = [];
  const journal: string[] = [];
  const connection = new FakeConnection(async (request) => {
    asked.push(request.command === "break" ? `break ${request.fault}` : request.command);
    await effect(request);
  });
  let turn = 0;
  const dns: DnsClient = {
    query: async (_server, name) => {
      const writers = regions.filter(({ epoch, isUp }) => epoch !== undefined && isUp);
      const data = (writers[turn++ % Math.max(1, writers.length)] ?? regions[0]).address;
      return { rcode: "NOERROR", records: [{ name, type: "A", ttlSeconds: 1, data }] };
    },
  };
  return {
    asked,
    journal,
    connection,
    tools: {
      clock: systemClock,
      dns,
      connection,
      journal: memoryJournal(journal),
      progress: () => undefined,
      people: {
        names: [],
        approve: () => Promise.reject(new Failure("OrderRefused", "Nobody decides here.")),
        takeOver: () => Promise.reject(new Failure("OrderRefused", "Nobody decides here.")),
      },
      setClock: async (cluster, aheadSeconds) => {
        asked.push(`clock ${aheadSeconds}`);
        const region = regions.find((one) => one.cluster === cluster);
        if (region?.epoch !== undefined && aheadSeconds !== 0 && wrong.clockUnseen !== true)
          move(region);
      },
      order: async (cluster) => {
        asked.push(`order ${cluster}`);
        const from = regions.find((one) => one.cluster === cluster) ?? regions[0];
        move(from);
      },
    },
    plan: (kind) => planOf(kind, regions, port),
    end: async () => {
      for (const server of servers) {
        server.closeAllConnections();
        await new Promise((resolve) => server.close(resolve));
      }
    },
  };
}

/** Gateway and agent in one: entries of the ledger, and the agent's report. */
function answer(
  region: Region,
  regions: readonly Region[],
  wrong: Wrong,
  { request, response }: { readonly request: IncomingMessage; readonly response: ServerResponse },
): void {
  const say = (status: number, body: unknown): void => {
    response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
  };
  if (request.url === "/v1/status") {
    const { cluster, epoch } = region;
    const report = agentReport({ cluster, ...(epoch === undefined ? {} : { epoch }) });
    const armed = wrong.neverArmed !== true;
    say(200, { ...report, status: { ...report.status, armed } });
  } else if (request.method === "GET") {
    say(200, { entries: [...region.entries].map((id) => ({ id })), next: null });
  } else {
    let text = "";
    request.on("data", (part) => {
      text += String(part);
    });
    request.on("end", () => {
      const { id } = JSON.parse(text) as { id: string }; // Sent by our own client.
      if (region.epoch === undefined) return say(503, { error: "fenced" });
      // Commits wait for the other region's copy while it is there.
      for (const one of regions) if (one === region || one.isUp) one.entries.add(id);
      say(200, { id, region: region.cluster, epoch: region.epoch, lsn: region.entries.size });
    });
  }
}

function listen(
  address: string,
  port: number,
  handle: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<Server> {
  const server = createServer(handle);
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, address, () => resolve(server));
  });
}

function memoryJournal(types: string[]): Journal {
  return {
    append: async (event) => {
      types.push(event.type);
      return { ...event, stream: "drills", seq: types.length, atMs: 0, prev: "", hash: "" };
    },
  };
}

function planOf(kind: LedgerKind, regions: readonly Region[], port: number): LedgerPlan {
  const lease = { ...ledgerProfile.lease, ttlMs: 1_500, renewEveryMs: 400 };
  return {
    kind,
    wished: undefined,
    fast: true,
    group: "ledger",
    application: { name: "ledger", fqdn: "ledger.acme-prod.sovereign.test" },
    regions: regions.map(({ cluster, address }) => ({
      cluster,
      short: cluster.split("-")[1] ?? cluster,
      addresses: [address],
    })),
    agents: regions.map(({ cluster, address }) => ({ cluster, health: { address, port } })),
    recursor: { address: "127.0.0.1", port: 1 },
    loadBalancerPort: port,
    profile: { ...ledgerProfile, lease },
    holdMs: holdMs(kind, lease.ttlMs, true),
    restarts: 3,
    stepSeconds: kind === "clock-step" ? [60, -3_600] : [],
    brokenBy: "a fake",
    notDone: [],
    environment: [],
  };
}
