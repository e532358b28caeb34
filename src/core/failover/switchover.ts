/** A planned switchover: fence, measure how far the data came, release with that, let the peer take it (ADR 25, *People*). */
import { decide, type Rule, type Verdict } from "../kernel/verdict.ts";
import { fence } from "./authority.ts";
import { release } from "./contend.ts";
import { isFrozen } from "./freeze.ts";
import { emit, put, type Turn } from "./turn.ts";

const rules: readonly Rule<Turn>[] = [
  {
    rule: "Serving",
    evaluate: ({ state: { data, authority } }) => ({
      outcome: data.kind === "serving" && authority.kind === "lease" ? "passed" : "failed",
      because: `its data is ${data.kind} and its authority is ${authority.kind}`,
    }),
  },
  {
    rule: "PeerInStep",
    evaluate: ({ state: { sync }, context: { group } }) => {
      const isNeeded = group.services.some(({ mayLose }) => mayLose === "nothing");
      const because = `the record at the witness says ${sync.recorded}`;
      return { outcome: !isNeeded || sync.recorded === "in_sync" ? "passed" : "failed", because };
    },
  },
  {
    rule: "NotFrozen",
    evaluate: ({ context, wallAtMs }) => {
      const window = isFrozen(context.group, wallAtMs);
      if (window === null) return { outcome: "passed", because: "no freeze window is open" };
      return { outcome: "failed", because: `a freeze window is open: ${window.because}` };
    },
  },
];

/** A person asks for it: judged at once, refused with every reason or begun. */
export function beginSwitchover(turn: Turn): Verdict {
  const verdict = decide(rules, turn);
  turn.verdict = verdict;
  if (verdict.kind === "refused") return verdict;
  put(turn, { wish: { kind: "switchover", sinceAtMs: turn.nowMs } });
  fence(turn, "a person switches over to the peer");
  return verdict;
}

/** No service writes any more: from now on a measurement shows the final position. */
export function onFencedForSwitchover(turn: Turn): void {
  if (turn.state.wish?.kind !== "switchover") return;
  put(turn, { wish: { kind: "switchover", sinceAtMs: turn.nowMs } });
}

/** Releases once the final position is measured; gives it up and serves again when that does not come within a lease. */
export function tendSwitchover(turn: Turn): void {
  const { wish, data, authority, facts, witness } = turn.state;
  if (wish?.kind !== "switchover") return;
  if (authority.kind !== "none" && authority.kind !== "lease") {
    // The witness fell silent meanwhile: nothing can be handed over, so this region serves again.
    put(turn, { wish: null });
    return;
  }
  if (data.kind !== "fenced") return;
  // Guard: AskedOfNow. What was asked for then is not done when the witness answers at last, perhaps in a freeze window.
  if (turn.nowMs > wish.sinceAtMs + turn.context.group.timing.ttlMs) {
    put(turn, { wish: null });
    return;
  }
  if (authority.kind !== "lease") {
    if (witness.seen?.record.holder !== turn.context.self) put(turn, { wish: null });
    return;
  }
  if (facts === null || facts.atMs <= wish.sinceAtMs || witness.call !== null) return;
  const { epoch, rev } = authority;
  put(turn, { authority: { kind: "none" } });
  emit(turn, { type: "setWatchdog", tenure: null });
  release(turn, epoch, rev);
}
