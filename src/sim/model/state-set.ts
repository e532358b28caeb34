/**
 * The set of states that were seen, as two independent 32-bit hashes each. Two different states share a hash of 64 bits with a
 * probability below n²/2⁶⁵ for n states: 3 in a million for ten million of them (docs/guides/model-check.md).
 */

export interface StateSet {
  /** Adds a state by its hash; false when it was there. */
  add(low: number, high: number): boolean;
  has(low: number, high: number): boolean;
  readonly size: () => number;
}

const maxFill = 0.6;

/** An empty set; it doubles as it fills. */
export function stateSet(expected = 1 << 16): StateSet {
  let capacity = 1 << Math.ceil(Math.log2(Math.max(16, expected / maxFill)));
  let slots = new Int32Array(2 * capacity);
  let count = 0;
  let hasZero = false;

  /** The slot of the state, or the complement of the free one where it belongs. */
  function find(low: number, high: number): number {
    const mask = capacity - 1;
    let at = (low ^ (high >>> 7)) & mask;
    for (;;) {
      const a = slots[2 * at];
      const b = slots[2 * at + 1];
      if (a === 0 && b === 0) return ~at;
      if (a === low && b === high) return at;
      at = (at + 1) & mask;
    }
  }

  function grow(): void {
    const old = slots;
    capacity *= 2;
    slots = new Int32Array(2 * capacity);
    for (let index = 0; index < old.length; index += 2) {
      const low = old[index] ?? 0;
      const high = old[index + 1] ?? 0;
      if (low !== 0 || high !== 0) put(~find(low, high), low, high);
    }
  }

  function put(at: number, low: number, high: number): void {
    slots[2 * at] = low;
    slots[2 * at + 1] = high;
  }

  return {
    add(low, high) {
      if (low === 0 && high === 0) {
        const isNew = !hasZero;
        hasZero = true;
        return isNew;
      }
      const at = find(low, high);
      if (at >= 0) return false;
      put(~at, low, high);
      count += 1;
      if (count > capacity * maxFill) grow();
      return true;
    },
    has: (low, high) => (low === 0 && high === 0 ? hasZero : find(low, high) >= 0),
    size: () => count + (hasZero ? 1 : 0),
  };
}
