/** FAKE: the watchdog's process (`core/failover/watchdog.ts`): it outlives agents, fences at the deadline and on a clock gap, and may die. */
import type { WatchdogLink } from "../control/failover/ports.ts";
import { guard, isOver, type Tenure, type WatchdogState } from "../core/failover/watchdog.ts";
import { Failure } from "../core/kernel/failure.ts";
import type { Machine, SimProcess, WorldTime } from "./failover-time.ts";

export type FakeWatchdog = {
  connect(process: SimProcess): WatchdogLink;
  /** The tenure that is live at this moment. */
  live(): Tenure | null;
  isUp(): boolean;
  /** It is gone; the agent that is connected is told. */
  stop(): void;
  start(): void;
  /** The machine went on after a pause, or its wall clock was stepped. */
  noticeGap(gapMs: number): void;
};

export type FakeWatchdogOptions = {
  readonly time: WorldTime;
  readonly machine: Machine;
  readonly marginMs: number;
  /** Fences, and says whether that was done; asked again until it was. */
  readonly fence: (done: (isFenced: boolean) => void) => void;
  readonly retryMs: number;
};

export function fakeWatchdog(options: FakeWatchdogOptions): FakeWatchdog {
  const { time, machine, marginMs, retryMs } = options;
  let state: WatchdogState = { tenure: null };
  let isUp = true;
  let life = 0;
  let lost: { readonly process: SimProcess; readonly take: () => void } | undefined;
  const fence = (): void => {
    state = { tenure: null };
    const bornIn = life;
    const again = (): void => {
      // A tenure that came meanwhile means that the agent fenced and was given a new right.
      if (life !== bornIn || !isUp || state.tenure !== null) return;
      options.fence((isFenced) => {
        if (!isFenced) machine.after(retryMs, again);
      });
    };
    again();
  };
  const watch = (): void => {
    const { tenure } = state;
    if (tenure === null) return;
    const bornIn = life;
    machine.after(tenure.untilAtMs - machine.monotonicMs(), () => {
      if (life === bornIn && isOver(state, machine.monotonicMs())) fence();
    });
  };
  return {
    connect: (process) => ({
      read: () =>
        new Promise((resolve, reject) => {
          time.after(1, () => {
            process.deliver(() => {
              if (isUp) resolve(state.tenure);
              else reject(new Failure("Unexpected", "the simulated watchdog does not answer"));
            });
          });
        }),
      set(tenure) {
        if (!isUp) return;
        const before = state;
        // What is over is fenced for, whatever the agent leaves in that moment; so is what is not guarded any more.
        if (state.tenure !== null && (tenure === null || isOver(state, machine.monotonicMs())))
          fence();
        state = guard(state, tenure, machine.monotonicMs());
        if (state !== before) watch();
      },
      onLost(take) {
        const listener = { process, take };
        lost = listener;
        if (!isUp) time.after(1, () => process.deliver(take));
        return () => {
          if (lost === listener) lost = undefined;
        };
      },
    }),
    live: () => (isUp && !isOver(state, machine.monotonicMs()) ? state.tenure : null),
    isUp: () => isUp,
    stop() {
      isUp = false;
      life += 1;
      state = { tenure: null };
      const listener = lost;
      time.after(1, () => listener?.process.deliver(listener.take));
    },
    start() {
      isUp = true;
      // It guards nothing that it knows of: whatever takes writes was left unguarded.
      fence();
    },
    noticeGap(gapMs) {
      if (isUp && state.tenure !== null && Math.abs(gapMs) > marginMs) fence();
    },
  };
}
