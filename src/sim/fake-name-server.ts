/**
 * A FAKE of a PowerDNS server's zones in memory, with faults from a seeded generator.
 * It passes the same contract suite as the real adapter (`test/contract/name-server.ts`).
 */
import type { Clock, NameServer, Signal } from "../control/env.ts";
import { parseIpv4, parseIpv6 } from "../core/dns/address.ts";
import { isForeign } from "../core/dns/conflicts.ts";
import { ownedByMarker } from "../core/dns/marker.ts";
import type { Rrset, RrsetChange } from "../core/dns/model.ts";
import { Failure } from "../core/kernel/failure.ts";
import { chance, type Random } from "../core/kernel/random.ts";

/** How often each fault happens, in a thousand requests. */
export type NameServerFaults = {
  readonly unreachablePerMille?: number;
  /** The server fails and has changed nothing. */
  readonly failsBeforePerMille?: number;
  /** The server fails to say that it has changed everything. */
  readonly failsAfterPerMille?: number;
  readonly slowPerMille?: number;
  readonly slowMs?: number;
  /** The server goes on answering what a changed name held before, until it is told to forget. */
  readonly remembersPerMille?: number;
};

export type FakeNameServer = NameServer & {
  createZone(zone: string): void;
  /** Switches every request off and on again. */
  setReachable(reachable: boolean): void;
  setFaults(faults: NameServerFaults): void;
  /** Whether the right key is presented. */
  setAuthorized(authorized: boolean): void;
  /** Puts an rrset there as somebody else would, past all checks. */
  put(zone: string, rrset: Rrset): void;
  rrsets(zone: string): readonly Rrset[];
  /** What resolvers are answered from: the rrsets, and what is still remembered of changed names. */
  answersFrom(zone: string): readonly Rrset[];
  /** How many calls to `change` have been carried out. */
  writes(): number;
};

type Zone = Map<string, Rrset>;
type State = {
  readonly zones: Map<string, Zone>;
  /** By zone and name: what that name held before a change, and is answered still. */
  readonly remembered: Map<string, Map<string, readonly Rrset[]>>;
  reachable: boolean;
  authorized: boolean;
  faults: NameServerFaults;
  writes: number;
};

/** A server without zones, reachable and free of faults; `clock` is needed only for slowness. */
export function fakeNameServer(id: string, random: Random, clock?: Clock): FakeNameServer {
  const state: State = {
    zones: new Map(),
    remembered: new Map(),
    reachable: true,
    authorized: true,
    faults: {},
    writes: 0,
  };
  const enter = (zone: string, signal?: Signal): Promise<Zone> =>
    enterZone(state, { id, zone, random, clock, signal });
  return {
    id,
    async readZone(zone, signal) {
      return [...(await enter(zone, signal)).values()].map(ownedByMarker);
    },
    async change(zone, changes, signal) {
      const before = await enter(zone, signal);
      if (chance(random, state.faults.failsBeforePerMille ?? 0)) throw internalError(id);
      state.zones.set(zone, changedZone(id, before, changes));
      state.writes += 1;
      state.remembered.set(zone, remember(state, { before, changes, random }));
      if (chance(random, state.faults.failsAfterPerMille ?? 0)) throw internalError(id);
    },
    async forget(zone, signal) {
      await enter(zone, signal);
      state.remembered.delete(zone);
    },
    async leftZones(zone, signal) {
      await enter(zone, signal);
      return [...state.zones]
        .filter(([name]) => name !== zone)
        .map(([name, held]) => {
          const ours = [...held.values()].map(ownedByMarker).filter((one) => !isForeign(one));
          return { zone: name, rrsets: ours.length };
        })
        .filter(({ rrsets }) => rrsets > 0);
    },
    probeIntervalMs: () => Promise.resolve(5_000),
    createZone: (zone) => void state.zones.set(zone, new Map()),
    setReachable: (reachable) => {
      state.reachable = reachable;
    },
    setAuthorized: (authorized) => {
      state.authorized = authorized;
    },
    setFaults: (faults) => {
      state.faults = faults;
    },
    put: (zone, rrset) => void state.zones.get(zone)?.set(keyOf(rrset), rrset),
    rrsets: (zone) => [...(state.zones.get(zone)?.values() ?? [])].map(ownedByMarker),
    answersFrom: (zone) => {
      const remembered = state.remembered.get(zone) ?? new Map<string, readonly Rrset[]>();
      const fresh = [...(state.zones.get(zone)?.values() ?? [])];
      return [
        ...fresh.filter(({ name }) => !remembered.has(name)),
        ...[...remembered.values()].flat(),
      ];
    },
    writes: () => state.writes,
  };
}

/** A real server's caches: a question under way during a change may put the old answer back (facts of PowerDNS §7). */
function remember(
  state: State,
  write: {
    readonly before: Zone;
    readonly changes: readonly RrsetChange[];
    readonly random: Random;
  },
): Map<string, readonly Rrset[]> {
  const remembered = new Map<string, readonly Rrset[]>();
  const perMille = state.faults.remembersPerMille ?? 0;
  for (const change of write.changes) {
    const name = change.kind === "replace" ? change.rrset.name : change.name;
    const held = [...write.before.values()].filter((rrset) => rrset.name === name);
    if (held.length > 0 && chance(write.random, perMille)) remembered.set(name, held);
  }
  return remembered;
}

type Entry = {
  readonly id: string;
  readonly zone: string;
  readonly random: Random;
  readonly clock: Clock | undefined;
  readonly signal: Signal | undefined;
};

async function enterZone(state: State, entry: Entry): Promise<Zone> {
  const { id, random, clock, signal } = entry;
  const where = { where: id };
  if (signal?.aborted === true) throw new Failure("Cancelled", `asking ${id} was stopped`, where);
  if (chance(random, state.faults.slowPerMille ?? 0)) {
    await clock?.sleep(state.faults.slowMs ?? 1_000, signal);
  }
  if (!state.reachable || chance(random, state.faults.unreachablePerMille ?? 0)) {
    throw new Failure("NameServerUnreachable", `${id} can not be reached: ECONNREFUSED`, where);
  }
  if (!state.authorized) {
    throw new Failure("NameServerUnauthorized", `${id} refuses the API key`, where);
  }
  const zone = state.zones.get(entry.zone);
  if (zone !== undefined) return zone;
  throw new Failure("ZoneMissing", `${id} does not hold the zone ${entry.zone}`, where);
}

function internalError(id: string): Failure {
  const message = `${id} failed (HTTP 500: Internal Server Error)`;
  return new Failure("NameServerUnreachable", message, { where: id });
}

function keyOf(rrset: { readonly name: string; readonly type: string }): string {
  return `${rrset.name} ${rrset.type}`;
}

/** The zone after all changes; throws before anything is changed when one of them is refused. */
function changedZone(id: string, before: Zone, changes: readonly RrsetChange[]): Zone {
  const after = new Map(before);
  for (const change of changes) {
    if (change.kind === "delete") {
      after.delete(keyOf(change));
      continue;
    }
    const { rrset } = change;
    const objection = objectionTo(rrset);
    if (objection !== undefined) throw refused(id, objection);
    // Like the real server: without comments in the request, those that are there stay.
    const ownership = rrset.ownership ?? before.get(keyOf(rrset))?.ownership;
    const { ownership: _, foreignAccounts: __, commentMissing: ___, ...bare } = rrset;
    after.set(keyOf(rrset), ownership === undefined ? bare : { ...bare, ownership });
  }
  for (const { name, type } of after.values()) {
    if (type !== "CNAME") continue;
    const beside = [...after.values()].find((other) => other.name === name && other.type !== type);
    if (beside !== undefined) {
      throw refused(id, `RRset ${name} IN ${type}: Conflicts with pre-existing RRset`);
    }
  }
  return after;
}

function refused(id: string, words: string): Failure {
  const message = `${id} refuses the request (HTTP 422: ${words})`;
  return new Failure("NameServerRefused", message, { where: id });
}

function objectionTo({ name, type, records }: Rrset): string | undefined {
  if (!name.endsWith(".")) return `DNS Name '${name}' is not canonical`;
  const wrong = records.find((record) => {
    if (type === "A") return !parseIpv4(record).ok;
    if (type === "AAAA") return !parseIpv6(record).ok;
    return type === "LUA" && !/^[A-Z]+ "[^"]*"( "[^"]*")*$/.test(record);
  });
  return wrong === undefined
    ? undefined
    : `Record ${name}/${type} '${wrong}': Parsing record content`;
}
