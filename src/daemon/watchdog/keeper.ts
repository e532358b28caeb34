/**
 * The watchdog's deciding part (`core/failover/watchdog.ts`): what it guards, when it fences, and that it goes on until that is confirmed.
 * It does the same as the simulated one in `sim/fake-watchdog.ts`.
 */
import { guard, isOver, type Tenure, type WatchdogState } from "../../core/failover/watchdog.ts";
import type { FenceReport } from "../../core/failover/watchdog-lines.ts";
import type { FenceAction } from "./fence-action.ts";

export type KeeperOptions = {
  readonly monotonicMs: () => number;
  /** By how much the clocks jumped since the last call; 0 when they did not. */
  readonly jumpMs: () => number;
  readonly fence: FenceAction;
  readonly retryMs: number;
  /** A tenure that ends later than this from now is refused: it is on another clock, or of nobody's making. */
  readonly longestTenureMs: number;
  /** It fences although the deadline is not there: the agent may not know why. */
  readonly jumped: (because: string) => void;
  readonly log: (event: string, fields: Readonly<Record<string, unknown>>) => void;
};

export type Keeper = {
  /** False when it does not take that; what it held before is guarded on. */
  set(tenure: Tenure | null): boolean;
  /** The tenure that is live at this moment. */
  live(): Tenure | null;
  report(): FenceReport | null;
  /** Looks at the clocks; to be called at least every `tickMs`, and at the deadline. Gives the next deadline. */
  tick(): number | null;
  /** Fences at once, whatever it guards; resolves when that is confirmed. */
  fenceNow(because: string): Promise<void>;
  /** The same, and nothing is guarded any more after it: a tenure that comes meanwhile is refused. */
  end(because: string): Promise<void>;
};

const toldAttempts = 100;

type Wanted = { readonly because: string };

/** A keeper that guards nothing yet; call `fenceNow` at the start, since whatever takes writes then was left unguarded. */
export function watchdogKeeper(options: KeeperOptions): Keeper {
  const { monotonicMs, jumpMs, retryMs, longestTenureMs, log } = options;
  let state: WatchdogState = { tenure: null };
  let report: FenceReport | null = null;
  let wanted: Wanted | null = null;
  let running: Promise<void> | null = null;
  let isEnding = false;

  const attempt = async (): Promise<void> => {
    const asked = wanted;
    if (report !== null) report = { ...report, attempts: report.attempts + 1 };
    try {
      await options.fence();
      // What was asked for meanwhile is another fence, of what was given since.
      if (wanted !== asked) return;
      wanted = null;
      if (report !== null) report = { ...report, fencedAtMs: monotonicMs() };
      log("fenced", { ...report });
    } catch (thrown) {
      const attempts = report?.attempts ?? 0;
      // A fence that never succeeds does not fill the disk with its words.
      if (attempts <= toldAttempts || attempts % toldAttempts === 0) {
        const because = thrown instanceof Error ? thrown.message : String(thrown);
        log("fenceFailed", { because, attempts });
      }
      await new Promise((resolve) => setTimeout(resolve, retryMs));
      // A tenure that came meanwhile means that the agent fenced and was given a new right.
      if (state.tenure !== null) wanted = null;
    }
  };
  const run = async (): Promise<void> => {
    while (wanted !== null) await attempt();
    running = null;
  };
  const begin = (because: string, dueAtMs: number): Promise<void> => {
    const { tenure } = state;
    state = { tenure: null };
    wanted = { because };
    report = { because, dueAtMs, begunAtMs: monotonicMs(), fencedAtMs: null, attempts: 0 };
    // Begun before anybody is told: words wait, fencing does not.
    running ??= run();
    log("fencing", { ...report, tenure });
    return running;
  };
  // Never rejects: `attempt` hears of every failure itself.
  const beginAlone = (because: string, dueAtMs: number): void => void begin(because, dueAtMs);

  const tick = (): number | null => {
    const jumped = jumpMs();
    const { tenure } = state;
    if (tenure === null) return null;
    const nowMs = monotonicMs();
    if (isOver(state, nowMs)) beginAlone("the deadline came", tenure.untilAtMs);
    else if (jumped !== 0) {
      const because = `the clocks jumped by ${Math.round(jumped)} ms`;
      beginAlone(because, nowMs);
      options.jumped(because);
    }
    return state.tenure?.untilAtMs ?? null;
  };
  return {
    set(tenure) {
      tick();
      const nowMs = monotonicMs();
      // Guard: nobody guards what a watchdog is given that ends.
      if (tenure !== null && isEnding) return false;
      if (tenure !== null && tenure.untilAtMs > nowMs + longestTenureMs) return false;
      if (tenure === null && state.tenure !== null) {
        beginAlone("the agent has nothing guarded any more", nowMs);
      }
      state = guard(state, tenure, nowMs);
      tick();
      return true;
    },
    live() {
      tick();
      return state.tenure;
    },
    report: () => report,
    tick,
    fenceNow: (because) => begin(because, monotonicMs()),
    end(because) {
      isEnding = true;
      return begin(because, monotonicMs());
    },
  };
}
