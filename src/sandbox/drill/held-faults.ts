/** Faults that a drill holds by its connection to the supervisor, and how each region is brought back. */
import type { SandboxConnection } from "../connection.ts";
import type { Fault } from "../protocol.ts";

const breakTimeoutMs = 60_000;
const restoreTimeoutMs = 180_000;

export type HeldFaults = {
  /** Breaks a region until it is restored, or the connection closes. */
  breakBy(region: string, fault: Fault): Promise<void>;
  /** Nothing for a region that was not broken. */
  restore(region: string): Promise<void>;
};

/** Nothing is broken yet. */
export function heldFaults(connection: Pick<SandboxConnection, "request">): HeldFaults {
  const broken = new Set<string>();
  return {
    async breakBy(region, fault) {
      broken.add(region); // Before the request: its reply may get lost, its effect not.
      await connection.request(
        { command: "break", region, fault, hold: "connection" },
        { timeoutMs: breakTimeoutMs },
      );
    },
    async restore(region) {
      if (!broken.has(region)) return;
      await connection.request({ command: "restore", region }, { timeoutMs: restoreTimeoutMs });
      broken.delete(region);
    },
  };
}
