/**
 * FAKE: people who arm, disarm, approve, switch over and take over at any moment. What they state is true, as the assumptions of ADR 25
 * demand: that a region does not write they say only where it does not and can not begin to by itself.
 */
import type { Approval } from "../core/failover/approval.ts";
import { approvalEpoch } from "../core/failover/approved.ts";
import type { AgentRecord } from "../core/failover/record.ts";
import type { Fault } from "./failover-faults.ts";
import { type Observation, otherOf, type RegionIndex } from "./failover-observation.ts";
import type { SimRegion } from "./failover-region.ts";
import type { WorldTime } from "./failover-time.ts";
import type { SwarmWitness } from "./failover-witness.ts";

export type Person = {
  readonly time: WorldTime;
  readonly group: string;
  readonly regions: readonly [SimRegion, SimRegion];
  readonly witness: SwarmWitness;
  /** Regions whose power people keep off, because they said that they do not write. */
  readonly keptOff: Set<RegionIndex>;
  readonly observe: (observation: Observation) => void;
  readonly note: (text: () => string) => void;
  /** How many approvals were given. */
  given: number;
};

/** Any loss, also one that nobody can count. */
const everything = Number.MAX_SAFE_INTEGER;

/** What a person does at that moment, when an agent is there to be told. */
export function personActs(person: Person, fault: Fault): void {
  const region = person.regions[fault.region];
  switch (fault.kind) {
    case "personArms":
      tell(person, region, "arm", (agent) => agent.say({ kind: "arm" }));
      return;
    case "personDisarms":
      tell(person, region, "disarm", (agent) =>
        agent.say({ kind: "disarm", because: "somebody works on it" }),
      );
      return;
    case "personSwitches":
      switchOver(person);
      return;
    case "personTakesOver":
      takeOver(person, region, { lot: fault.lot, withoutWitness: fault.lot % 3 === 0 });
      return;
    default:
      help(person, region, fault.lot);
      return;
  }
}

type Told = NonNullable<SimRegion["agent"]>["agent"];

function tell(
  person: Person,
  { agent, name }: SimRegion,
  what: string,
  say: (to: Told) => void,
): void {
  if (agent?.process.state() !== "running") return;
  person.note(() => `a person tells ${name}: ${what}`);
  say(agent.agent);
  person.time.touch();
}

function switchOver(person: Person): void {
  const holder = person.regions.find(
    ({ agent }) => agent !== null && agent.agent.current().authority.kind !== "none",
  );
  if (holder === undefined) return;
  approve(person, holder, { action: "switchover", maxLossBytes: 0 });
  approve(person, person.regions[otherOf(holder.index)], { action: "switchover", maxLossBytes: 0 });
  tell(person, holder, "switch over", (agent) => agent.say({ kind: "switchover" }));
}

function takeOver(
  person: Person,
  region: SimRegion,
  { lot, withoutWitness }: { readonly lot: number; readonly withoutWitness: boolean },
): void {
  if (region.agent?.process.state() !== "running") return;
  if (withoutWitness && !canSayFenced(person, region)) return;
  const peer = person.regions[otherOf(region.index)];
  if (isTakingOver(peer)) return;
  if (withoutWitness && !peer.isOn) person.keptOff.add(peer.index);
  const action = withoutWitness ? "takeOverWithoutWitness" : "failover";
  approve(person, region, { action, maxLossBytes: lot < 500 ? 0 : everything });
  tell(person, region, `take over${withoutWitness ? " without the witness" : ""}`, (agent) =>
    agent.say({ kind: "takeOver", withoutWitness, peerIsFenced: canSayFenced(person, region) }),
  );
}

/** Two people, so that every number of approvals that a group may ask for is there. */
function approve(
  person: Person,
  region: SimRegion,
  { action, maxLossBytes }: Pick<Approval, "action" | "maxLossBytes">,
): void {
  // What its status shows: the epoch at the witness as this agent saw it last.
  const state = region.agent?.agent.current();
  const expectedEpoch = state === undefined ? 0 : approvalEpoch(state);
  for (const name of ["ada", "grace"]) {
    person.given += 1;
    const nonce = `nonce-${person.given}`;
    const expiresAtMs = region.machine.wallMs() + 600_000;
    tell(person, region, `${name} approves ${action}`, (agent) =>
      agent.approve({
        person: name,
        group: person.group,
        action,
        expectedEpoch,
        maxLossBytes,
        expiresAtMs,
        nonce,
      }),
    );
  }
  person.observe({ kind: "approvedLoss", region: region.index, bytes: maxLossBytes });
}

/** Does what an agent asks a person to do, where it can be done truthfully. */
export function help(person: Person, region: SimRegion, lot: number): void {
  const state = region.agent?.agent.current();
  if (state === undefined) return;
  const { record } = state;
  if (record === null || record.unclear) {
    if (canSayNothingPromised(person, region)) {
      approve(person, region, { action: "rearm", maxLossBytes: 0 });
      tell(person, region, "re-arm", (agent) => agent.say({ kind: "rearm" }));
    }
    return;
  }
  if (!record.armed) tell(person, region, "arm", (agent) => agent.say({ kind: "arm" }));
  if (record.open !== null && canSayDoesNotWrite(person, region)) {
    tell(person, region, "close the round", (agent) => agent.say({ kind: "closeRound" }));
  }
  if (state.authority.kind === "none") {
    takeOver(person, region, { lot, withoutWitness: record.promise !== null });
  }
}

/** What a region remembers: in its agent's memory, or in its stores while no agent is there. */
export function rememberedOf({ agent, disk, apiServer }: SimRegion): readonly AgentRecord[] {
  const records: AgentRecord[] = [];
  const state = agent?.agent.current();
  if (state?.record != null) records.push(state.record);
  if (state?.pending != null) records.push(state.pending.record);
  if (state !== undefined) return records;
  for (const store of [disk, apiServer]) {
    const copy = store?.copy();
    if (copy?.kind === "present") records.push(copy.record);
  }
  return records;
}

function isSilent(peer: SimRegion): boolean {
  const authority = peer.agent?.agent.current().authority.kind ?? "none";
  return !peer.database.isWritable() && peer.watchdog.live() === null && authority === "none";
}

/**
 * The peer does not write, and can not begin to by itself: it is bound by its own open round, or it is off and kept off until this region is
 * back at the witness. One that forgot what it may do may be told so at any moment.
 */
function canSayFenced(person: Person, region: SimRegion): boolean {
  const peer = person.regions[otherOf(region.index)];
  if (!isSilent(peer)) return false;
  if (!peer.isOn) return true;
  const promise = region.agent?.agent.current().record?.promise ?? null;
  const rounds = rememberedOf(peer);
  return (
    promise !== null &&
    rounds.length > 0 &&
    rounds.every(({ open }) => open?.epoch === promise.epoch && open.round === promise.round)
  );
}

/** People told it to take over without the witness, and of its peer that it is fenced: until the witness knows, they tell that peer nothing else. */
export function isTakingOver({ agent }: SimRegion): boolean {
  const wish = agent?.agent.current().wish;
  return wish?.kind === "takeOver" && wish.withoutWitness;
}

/**
 * No round of the peer's rests on what this region forgot, and the peer is not the arbiter of a round that it forgot, or can not act as one
 * before people re-armed it too, which voids its promise.
 */
function canSayNothingPromised(person: Person, region: SimRegion): boolean {
  const peer = person.regions[otherOf(region.index)];
  const kind = peer.agent?.agent.current().authority.kind ?? "none";
  if (!peer.isOn || (kind !== "none" && kind !== "lease")) return false;
  if (isTakingOver(peer)) return false;
  // A round of a peer without authority binds that peer, and gives it nothing any more.
  const isBound = isSilent(peer);
  return rememberedOf(peer).every(
    ({ open, promise, unclear }) =>
      (open === null || isBound) && (unclear || promise?.policy !== "peerArbiter"),
  );
}

/**
 * The peer does not write and was not told to, its promise, if any, does not make it an arbiter that may begin to, and it took no epoch that this region and the
 * witness do not know.
 */
function canSayDoesNotWrite(person: Person, region: SimRegion): boolean {
  const peer = person.regions[otherOf(region.index)];
  const known = region.agent?.agent.current().record?.epochSeen ?? 0;
  const highest = Math.max(known, person.witness.record().epoch);
  return (
    isSilent(peer) &&
    !isTakingOver(peer) &&
    rememberedOf(peer).every(
      ({ promise, epochSeen }) => promise?.policy !== "peerArbiter" && epochSeen <= highest,
    )
  );
}
