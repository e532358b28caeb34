/** The name of a system error, such as `ENOSPC`. */

/** The code of anything thrown by Node's file system; empty when it has none. */
export function errorCode(thrown: unknown): string {
  if (!(thrown instanceof Error) || !("code" in thrown)) return "";
  return typeof thrown.code === "string" ? thrown.code : "";
}
