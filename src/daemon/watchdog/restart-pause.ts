/** How long a watchdog that ended stays away: one that was well comes back at once, one that can not live does not keep a machine busy. */

const wellMs = 5_000;
const firstPauseMs = 200;
const longestPauseMs = 5_000;

/** Gives the pause before the next run, in milliseconds, by how long each one lived; the first restart is at once. */
export function restartPause(): (livedMs: number) => number {
  let shortLives = 0;
  return (livedMs) => {
    shortLives = livedMs < wellMs ? shortLives + 1 : 0;
    if (shortLives <= 1) return 0;
    return Math.min(longestPauseMs, firstPauseMs * 2 ** (shortLives - 2));
  };
}
