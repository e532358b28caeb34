/**
 * A stand-in for SHA-256 in the simulator, which has no cryptography: it finds accidents, not forgers.
 * Eight rounds of a 32-bit mixing hash (FNV-1a with an avalanche at the end), each with a seed of its own.
 */

/** 64 hex characters that differ when the texts differ, barring bad luck. */
export function standInHash(text: string): string {
  let digest = "";
  for (let round = 1; round <= 8; round++) {
    let state = (0x811c9dc5 ^ Math.imul(round, 0x9e3779b1)) >>> 0;
    for (let i = 0; i < text.length; i++) {
      state = Math.imul(state ^ text.charCodeAt(i), 0x01000193);
    }
    state = Math.imul(state ^ (state >>> 16), 0x85ebca6b);
    state = Math.imul(state ^ (state >>> 13), 0xc2b2ae35);
    digest += ((state ^ (state >>> 16)) >>> 0).toString(16).padStart(8, "0");
  }
  return digest;
}
