/** The roll-over of the zone's key, carried out from one region: facts gathered, one step made, everything journalled. */
import { systemClock } from "../../adapters/clock.ts";
import type { FileJournal } from "../../adapters/journal/file-journal.ts";
import {
  activateKey,
  importKey,
  readKeys,
  rectifyZone,
  removeKey,
} from "../../adapters/powerdns/dnssec.ts";
import { notifySecondaries, readZoneFacts } from "../../adapters/powerdns/metadata.ts";
import type { Server } from "../../control/dns/ports.ts";
import type { DnsEndpoint } from "../../control/env.ts";
import { sameKey } from "../../core/dns/setup/dnskey.ts";
import type { SigningKey } from "../../core/dns/setup/key-set.ts";
import {
  type AbortDecision,
  decideAbort,
  decideRoll,
  type RollVerdict,
} from "../../core/dns/setup/roll.ts";
import type { ParentView, RollFacts, RollServer } from "../../core/dns/setup/roll-facts.ts";
import { foldRoll, type RollStep, rollEvent, rollName } from "../../core/dns/setup/roll-journal.ts";
import type { JournalEvent } from "../../core/kernel/event.ts";
import { Failure } from "../../core/kernel/failure.ts";
import { askKeys, optionsOf, type ZoneWorld } from "../../daemon/dns/zone-world.ts";

export type RollOptions = {
  /** The parent's name server, which is asked for the DS. */
  readonly parent?: DnsEndpoint | undefined;
  readonly confirmedDsTtlSeconds?: number | undefined;
};

export type Roll = {
  readonly world: ZoneWorld;
  readonly old: SigningKey;
  readonly next: SigningKey;
  readonly journal: FileJournal;
  readonly options: RollOptions;
  readonly signal: AbortSignal;
};

/** How many things one `next` may see for the first time before it makes a step. */
const observationsMax = 5;

/** The roll that the key set describes. Fails with KeySetDiffers when it does not hold exactly two keys. */
export function rollKeys({ keySet = [] }: ZoneWorld): Pick<Roll, "old" | "next"> {
  const [old, next] = keySet;
  if (old !== undefined && next !== undefined) return { old, next };
  throw new Failure("KeySetDiffers", `the key set holds ${keySet.length} key(s); a roll has two`, {
    where: "zoneKeys",
    remedy:
      "Make a set with a second key by `sovereign dns keys create --with <set> --out <file>` and mount it.",
  });
}

/** What is to be done next, as things are now. */
export async function verdictOf(roll: Roll): Promise<RollVerdict> {
  return decideRoll(await gatherRoll(roll));
}

/** Begins the roll. Fails with StepTooEarly when a server speaks against it. */
export async function startRoll(roll: Roll): Promise<RollVerdict> {
  const verdict = await verdictOf(roll);
  if (verdict.kind === "act" && verdict.act === "start") {
    await tell(roll, "started", verdict.because);
    return verdictOf(roll);
  }
  if (verdict.phase === "idle" || verdict.kind === "ended") throw tooEarly(verdict);
  return verdict;
}

/** Makes the one step whose turn it is. Fails with StepTooEarly when none is. */
export async function nextStep(roll: Roll): Promise<RollVerdict> {
  for (let seen = 0; seen <= observationsMax; seen++) {
    const verdict = await verdictOf(roll);
    switch (verdict.kind) {
      case "observe":
        await tell(roll, verdict.observed, verdict.because, { ttlSeconds: verdict.ttlSeconds });
        break;
      case "act":
        if (verdict.act === "start") throw notStarted();
        await act(roll, verdict.act, verdict.servers, verdict.because);
        return verdictOf(roll);
      case "ended":
        return verdict;
      case "wait":
      case "refuse":
        // What was seen for the first time was this run's step.
        if (seen > 0) return verdict;
        throw tooEarly(verdict);
    }
  }
  throw new Failure("StepTooEarly", "what the servers publish changes while it is looked at");
}

/** Takes the new key away again. Fails with StepTooEarly when the parent may already name it. */
export async function abortRoll(roll: Roll): Promise<AbortDecision> {
  const decision = decideAbort(await gatherRoll(roll));
  if (decision.kind === "refuse") throw tooEarly(decision);
  await tell(roll, "aborting", decision.because);
  for (const server of ownServers(roll, decision.servers)) await remove(roll, server, roll.next);
  await tell(roll, "aborted", decision.because);
  return decision;
}

function tooEarly(because: { readonly because: string }): Failure {
  return new Failure("StepTooEarly", because.because);
}

function notStarted(): Failure {
  return new Failure("StepTooEarly", "no roll was started from this region", {
    remedy: "Begin with `sovereign dns keys roll start`.",
  });
}

async function act(
  roll: Roll,
  what: "addKey" | "retireKey",
  ids: readonly string[],
  because: string,
): Promise<void> {
  if (what === "retireKey") await tell(roll, "retiring", because);
  for (const server of ownServers(roll, ids)) {
    if (what === "addKey") await add(roll, server);
    else await remove(roll, server, roll.old);
    await tell(roll, what === "addKey" ? "keyAdded" : "keyRetired", because, { server: server.id });
  }
}

function ownServers({ world }: Roll, ids: readonly string[]): readonly Server[] {
  return world.own.filter(({ id }) => ids.includes(id));
}

/** Imports the new key, or lets the one that an interrupted import left there sign. */
async function add({ world, next, signal }: Roll, server: Server): Promise<void> {
  const options = optionsOf(world, server);
  const stored = await readKeys(options, world.zone, signal);
  const there = stored.find((key) => sameKey(key, next));
  if (there === undefined) await importKey(options, world.zone, next, signal);
  else await activateKey(options, world.zone, there.id, signal);
  await settle(world, server, signal);
}

async function remove({ world, signal }: Roll, server: Server, key: SigningKey): Promise<void> {
  const options = optionsOf(world, server);
  for (const stored of await readKeys(options, world.zone, signal)) {
    if (sameKey(stored, key)) await removeKey(options, world.zone, stored.id, signal);
  }
  await settle(world, server, signal);
}

async function settle(world: ZoneWorld, server: Server, signal: AbortSignal): Promise<void> {
  const options = optionsOf(world, server);
  await rectifyZone(options, world.zone, signal);
  if (server.spec.notifies === true) await notifySecondaries(options, world.zone, signal);
}

async function tell(
  roll: Roll,
  step: RollStep,
  because: string,
  more: { readonly server?: string; readonly ttlSeconds?: number | undefined } = {},
): Promise<void> {
  const { regressions } = await recordOf(roll);
  const { server, ttlSeconds } = more;
  await roll.journal.append(
    rollEvent({
      roll: rollName(roll.old, roll.next),
      step,
      because,
      regressions,
      ...(server === undefined ? {} : { server }),
      ...(ttlSeconds === undefined ? {} : { ttlSeconds }),
    }),
  );
}

async function recordOf({ journal, old, next }: Roll): Promise<RollFacts["record"]> {
  const events: JournalEvent[] = [];
  for await (const event of journal.read()) events.push(event);
  return foldRoll(rollName(old, next), events);
}

async function gatherRoll(roll: Roll): Promise<RollFacts> {
  const { world, old, next, options, signal } = roll;
  const published = await askKeys(world, signal);
  const own = await Promise.all(
    world.own.map(async (server) => ({
      id: server.id,
      zone: await readZoneFacts(optionsOf(world, server), world.zone, signal),
    })),
  );
  const servers = published.map(({ server, keys }): RollServer => {
    const stored = own.find(({ id }) => id === server)?.zone?.keys;
    return { id: server, published: keys, stored };
  });
  const rrsets = own.flatMap(({ zone }) => zone?.rrsets ?? []);
  const minimums = rrsets.flatMap(({ type, records }) =>
    type === "SOA" ? records.map((record) => Number(record.split(" ").at(-1) ?? 0)) : [],
  );
  return {
    nowMs: systemClock.nowMs(),
    old,
    next,
    servers,
    parent: await askParent(roll),
    dnskeyTtlSeconds: Math.max(0, ...published.map(({ ttlSeconds }) => ttlSeconds), ...minimums),
    zoneTtlSeconds: Math.max(0, ...rrsets.map(({ ttlSeconds }) => ttlSeconds)),
    ...(options.confirmedDsTtlSeconds === undefined
      ? {}
      : { confirmedDsTtlSeconds: options.confirmedDsTtlSeconds }),
    record: await recordOf(roll),
  };
}

async function askParent({ world, options, signal }: Roll): Promise<ParentView> {
  if (options.parent === undefined) return { kind: "notAsked" };
  try {
    const answer = await world.ports.dns.query(options.parent, world.zone, "DS", signal);
    if (answer.rcode !== "NOERROR") {
      return { kind: "unanswered", because: `it answers ${answer.rcode}` };
    }
    const records = answer.records.filter(({ type }) => type === "DS");
    return {
      kind: "seen",
      keyTags: records.map(({ data }) => Number(data.split(" ")[0])),
      ttlSeconds: Math.max(0, ...records.map(({ ttlSeconds }) => ttlSeconds)),
    };
  } catch (thrown) {
    return { kind: "unanswered", because: Failure.from(thrown, "parent").message };
  }
}
