/**
 * Notices that time did not pass evenly: the wall clock was stepped, or the machine stood still (CLOCK_BOOTTIME goes on then and
 * CLOCK_MONOTONIC does not). A lease is measured on a clock that can not be believed then.
 */
export type MachineTimes = {
  monotonicMs(): number;
  wallMs(): number;
  /** Undefined where the machine does not tell. */
  bootMs(): number | undefined;
};

type Sample = {
  readonly monotonicMs: number;
  readonly wallMs: number;
  readonly bootMs: number | undefined;
};

/** /proc/uptime is in hundredths of a second. */
const bootGrainMs = 20;
const attempts = 5;
/** Clocks that were read further apart than this can not be compared. */
const apartMs = 5;

/** Each call says by how much the clocks differ since the last one that could compare them; 0 below `noticeMs`. */
export function clockJump(times: MachineTimes, noticeMs: number): () => number {
  let last = sample(times);
  return () => {
    const now = sample(times);
    if (now === undefined) return 0; // Nothing is lost: the next comparison reaches back to the last one.
    const before = last;
    last = now;
    if (before === undefined) return 0;
    const ranMs = now.monotonicMs - before.monotonicMs;
    const wallJumpMs = now.wallMs - before.wallMs - ranMs;
    const bootJumpMs =
      now.bootMs === undefined || before.bootMs === undefined
        ? 0
        : now.bootMs - before.bootMs - ranMs;
    if (Math.abs(wallJumpMs) >= noticeMs) return wallJumpMs;
    return Math.abs(bootJumpMs) >= noticeMs + bootGrainMs ? bootJumpMs : 0;
  };
}

/** All clocks at one moment; undefined when the process was kept from reading them together. */
function sample(times: MachineTimes): Sample | undefined {
  for (let attempt = 0; attempt < attempts; attempt++) {
    const monotonicMs = times.monotonicMs();
    const read = { monotonicMs, wallMs: times.wallMs(), bootMs: times.bootMs() };
    if (times.monotonicMs() - monotonicMs <= apartMs) return read;
  }
  return undefined;
}
