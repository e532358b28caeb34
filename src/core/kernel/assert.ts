/** Assertions for our own bugs. Always on; a failed one restarts the controller and fails the simulator. */

/** Thrown when the program itself is wrong; never caused by the world or by a user. */
export class AssertionError extends Error {
  override readonly name = "AssertionError";
}

/** Throws `AssertionError` unless `condition` holds; `why` says why it must hold. */
export function assert(condition: boolean, why: string): asserts condition {
  if (!condition) throw new AssertionError(why);
}

/** Returns `value`, or throws `AssertionError` when it is absent; `why` says why it must be there. */
export function required<T>(value: T | undefined | null, why: string): T {
  if (value === undefined || value === null) throw new AssertionError(why);
  return value;
}

/** Marks the branch that a closed union can not reach; the compiler proves it, this line guards it. */
export function unreachable(value: never): never {
  throw new AssertionError(`a closed union had a case nobody handles: ${JSON.stringify(value)}`);
}
