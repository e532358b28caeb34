/** Seeded randomness (mulberry32): small, repeatable, good enough to shuffle and to jitter; never for secrets. */
import { assert } from "./assert.ts";

export interface Random {
  /** A whole number in 0 … limit-1. */
  below(limit: number): number;
}

/** The generator for `seed`; the same seed gives the same numbers on every machine. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  return {
    below(limit) {
      assert(Number.isInteger(limit) && limit > 0, "a random number needs a positive limit");
      state = (state + 0x6d2b79f5) >>> 0;
      let t = Math.imul(state ^ (state >>> 15), 1 | state);
      t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
      return Math.floor((((t ^ (t >>> 14)) >>> 0) / 4_294_967_296) * limit);
    },
  };
}

/** True `perMille` times in a thousand. */
export function chance(random: Random, perMille: number): boolean {
  return random.below(1_000) < perMille;
}

/** One element of a non-empty list. */
export function pick<T>(random: Random, list: readonly T[]): T {
  assert(list.length > 0, "nothing to pick from");
  return list[random.below(list.length)] as T; // The index is inside the list by construction.
}
