/** Synchronous replication: what the record at the witness says always comes before what the data does (DESIGN §7.5). */
import type { ServiceFacts } from "./facts.ts";
import type { SyncState } from "./state.ts";
import { emit, put, putWitness, type Turn } from "./turn.ts";

/** Takes in a measurement of the data while this region serves. */
export function tendSync(turn: Turn): void {
  const { data, authority, sync } = turn.state;
  if (data.kind !== "serving" || authority.kind === "none") return;
  const precious = preciousFacts(turn);
  if (precious.length === 0) return;
  const isStalled = precious.some((service) => service.sync === "stalled");
  const isAlone = precious.some((service) => service.sync === "alone");
  const wanted = wantedOf(turn, precious);
  if (wanted !== sync.wanted) {
    put(turn, { sync: { ...sync, wanted } });
    putWitness(turn, { nextCallAtMs: Math.min(turn.state.witness.nextCallAtMs, turn.nowMs) });
  }
  const isBack = precious.every(
    (service) => service.sync !== "alone" || service.standbyReady === true,
  );
  // What is measured as waiting although it was told not to is told to wait first, so that it stays so.
  const waitsUntold =
    sync.told?.sync === "relaxed" && precious.every((service) => service.sync === "in_sync");
  if ((isAlone && (!mayRelax(turn) || isBack)) || waitsUntold) tellSync(turn, "required");
  else if (isStalled && mayRelax(turn)) tellSync(turn, "relaxed");
}

/** Tells the data whether commits wait for the peer's standby. */
export function tellSync(turn: Turn, sync: "required" | "relaxed"): void {
  put(turn, { sync: { ...turn.state.sync, told: { sync, atMs: turn.nowMs } } });
  emit(turn, { type: "setSync", sync });
}

/** Whether commits may stop waiting for the peer's standby. */
export function mayRelax({ state: { sync, authority, record } }: Turn): boolean {
  // With authority of its own the peer is bound, and takes over nothing.
  if (authority.kind === "own") return true;
  // Guard: ArbiterKnowsSync. An arbiter takes over on what it was told in the round, not on what the witness says since.
  if (record?.open?.policy === "peerArbiter") return false;
  // Guard: DegradedFirst. The witness confirmed it before.
  return sync.recorded === "degraded";
}

/** What an arbiter is told: `in_sync` only while the witness has that confirmed, and then commits go on waiting. */
export function syncForArbiter({ context, state }: Turn): SyncState["recorded"] {
  if (!context.group.services.some(({ mayLose }) => mayLose === "nothing")) return "none";
  return state.sync.recorded === "in_sync" ? "in_sync" : "degraded";
}

function preciousFacts(turn: Turn): readonly ServiceFacts[] {
  const { services } = turn.context.group;
  const names = new Set(
    services.filter(({ mayLose }) => mayLose === "nothing").map(({ name }) => name),
  );
  return (turn.state.facts?.services ?? []).filter(({ name }) => names.has(name));
}

function wantedOf(
  { state: { sync, facts } }: Turn,
  precious: readonly ServiceFacts[],
): SyncState["wanted"] {
  const { told } = sync;
  // Guard: InSyncIsMeasured. By every service, while commits wait, and after they were last told anything.
  const isOld = told !== null && (facts === null || facts.atMs <= told.atMs);
  const isWaiting = told?.sync !== "relaxed" && !isOld;
  if (isWaiting && precious.every((service) => service.sync === "in_sync")) return "in_sync";
  if (precious.some((service) => service.sync === "stalled" || service.sync === "alone")) {
    return "degraded";
  }
  return sync.wanted;
}

/** From the moment something else is sent until it is confirmed, nobody knows what the witness says. */
export function forgetRecorded(turn: Turn): void {
  const { sync } = turn.state;
  if (sync.recorded !== sync.wanted) put(turn, { sync: { ...sync, recorded: "none" } });
}
