/**
 * FAKE: the time of a failover world, and the machines and processes in it. One queue of moments drives everything; promises are settled
 * only after something that a controller waits for was answered, which makes a schedule cheap.
 */
import type { Clock, Signal } from "../control/env.ts";
import { assert } from "../core/kernel/assert.ts";

export type WorldTime = {
  nowMs(): number;
  /** Runs it `delayMs` from now; equal moments in the order of asking. */
  after(delayMs: number, run: () => void): void;
  /** Says that a promise was settled, so that its waiters have to run before time goes on. */
  touch(): void;
  run(untilMs: number): Promise<void>;
  /** Moments that were run so far. */
  readonly moments: number;
};

type Moment = { readonly atMs: number; readonly order: number; readonly run: () => void };

/** More turns than an agent chains promises between two waits; `failover-world.test.ts` compares with many more. */
const defaultTurns = 12;

/** A world at moment 0. */
export function worldTime(turns: number = defaultTurns): WorldTime {
  const heap: Moment[] = [];
  let nowMs = 0;
  let order = 0;
  let isTouched = false;
  let moments = 0;
  const settle = async (): Promise<void> => {
    isTouched = false;
    for (let turn = 0; turn < turns; turn++) await undefined;
  };
  return {
    nowMs: () => nowMs,
    after(delayMs, run) {
      assert(delayMs >= 0, "nothing happens before now");
      push(heap, { atMs: nowMs + delayMs, order: order++, run });
    },
    touch() {
      isTouched = true;
    },
    async run(untilMs) {
      await settle();
      for (let next = heap[0]; next !== undefined && next.atMs <= untilMs; next = heap[0]) {
        pop(heap);
        nowMs = next.atMs;
        moments += 1;
        next.run();
        while (isTouched) await settle();
      }
      nowMs = untilMs;
    },
    get moments() {
      return moments;
    },
  };
}

function isBefore(one: Moment, other: Moment): boolean {
  return one.atMs < other.atMs || (one.atMs === other.atMs && one.order < other.order);
}

function push(heap: Moment[], moment: Moment): void {
  let at = heap.length;
  heap.push(moment);
  while (at > 0) {
    const parent = (at - 1) >> 1;
    const above = heap[parent];
    if (above === undefined || !isBefore(moment, above)) break;
    heap[at] = above;
    at = parent;
  }
  heap[at] = moment;
}

function pop(heap: Moment[]): void {
  const last = heap.pop();
  if (last === undefined || heap.length === 0) return;
  let at = 0;
  for (;;) {
    let child = 2 * at + 1;
    const left = heap[child];
    if (left === undefined) break;
    const right = heap[child + 1];
    let least = left;
    if (right !== undefined && isBefore(right, left)) {
      child += 1;
      least = right;
    }
    if (!isBefore(least, last)) break;
    heap[at] = least;
    at = child;
  }
  heap[at] = last;
}

/** A program: what reaches it while it hangs waits, and what reaches it when it is gone is lost. */
export type SimProcess = {
  readonly state: () => "running" | "hung" | "gone";
  /** Lets `run` happen in the process, now or when it goes on. */
  deliver(run: () => void): void;
  hang(): void;
  goOn(): void;
  kill(): void;
};

/** A running program. */
export function simProcess(time: WorldTime): SimProcess {
  let state: "running" | "hung" | "gone" = "running";
  let backlog: (() => void)[] = [];
  return {
    state: () => state,
    deliver(run) {
      if (state === "hung") backlog.push(run);
      if (state !== "running") return;
      run();
      time.touch();
    },
    hang() {
      if (state === "running") state = "hung";
    },
    goOn() {
      if (state !== "hung") return;
      state = "running";
      const waited = backlog;
      backlog = [];
      for (const run of waited) run();
      time.touch();
    },
    kill() {
      state = "gone";
      backlog = [];
    },
  };
}

/** One region's clocks: a monotonic one of its own rate, which stands still while the machine is paused, and a wall clock. */
export type Machine = {
  monotonicMs(): number;
  wallMs(): number;
  stepWall(byMs: number): void;
  readonly isPaused: () => boolean;
  pause(): void;
  /** Gives how long it stood still. */
  resume(): number;
  /** Runs it when the monotonic clock has moved on by `ms`. */
  after(ms: number, run: () => void): void;
  clockOf(process: SimProcess): Clock;
};

export type MachineOptions = {
  /** How fast its monotonic clock runs; 1.001 is a millisecond too fast in a second. */
  readonly rate: number;
  readonly wallAtStartMs: number;
};

export function machine(time: WorldTime, { rate, wallAtStartMs }: MachineOptions): Machine {
  let wallOffsetMs = wallAtStartMs;
  let pausedSinceMs: number | null = null;
  let pausedTotalMs = 0;
  const runMs = (): number => (pausedSinceMs ?? time.nowMs()) - pausedTotalMs;
  const monotonicMs = (): number => Math.floor(runMs() * rate);
  let held: (() => void)[] = [];
  const waitUntil = (dueMs: number, run: () => void): void => {
    const leftMs = Math.max(0, Math.ceil((dueMs - runMs() * rate) / rate));
    time.after(leftMs, () => {
      if (pausedSinceMs !== null) held.push(() => waitUntil(dueMs, run));
      else if (monotonicMs() < dueMs) waitUntil(dueMs, run);
      else run();
    });
  };
  const self: Machine = {
    monotonicMs,
    wallMs: () => Math.floor(wallOffsetMs + time.nowMs()),
    stepWall(byMs) {
      wallOffsetMs += byMs;
    },
    isPaused: () => pausedSinceMs !== null,
    pause() {
      pausedSinceMs ??= time.nowMs();
    },
    resume() {
      if (pausedSinceMs === null) return 0;
      const stoodMs = time.nowMs() - pausedSinceMs;
      pausedTotalMs += stoodMs;
      pausedSinceMs = null;
      const rearm = held;
      held = [];
      for (const again of rearm) again();
      return stoodMs;
    },
    after: (ms, run) => waitUntil(monotonicMs() + Math.max(0, ms), run),
    clockOf: (process) => ({
      nowMs: self.wallMs,
      monotonicMs,
      sleep: (ms, signal) => sleep(self, process, ms, signal),
    }),
  };
  return self;
}

function sleep(
  { after }: Machine,
  process: SimProcess,
  ms: number,
  signal: Signal | undefined,
): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted === true) {
      resolve();
      return;
    }
    let isOver = false;
    const wake = (): void => {
      if (isOver) return;
      isOver = true;
      signal?.removeEventListener("abort", wake);
      resolve();
    };
    signal?.addEventListener("abort", wake, { once: true });
    after(ms, () => {
      if (!isOver) process.deliver(wake);
    });
  });
}
