/** What is said over the supervisor's unix socket: one JSON object a line, a request and its reply. */
import type { FailureJson } from "../core/kernel/failure.ts";
import type { Fault } from "./faults.ts";
import type { SandboxNetwork } from "./layout.ts";

export { type Fault, faults } from "./faults.ts";

export type SandboxRequest =
  | { readonly command: "status" }
  | {
      readonly command: "break";
      readonly region: string;
      readonly fault: Fault;
      /** `connection`: undone when this connection closes. `restore`: stays until somebody restores it. */
      readonly hold: "connection" | "restore";
    }
  | { readonly command: "restore"; readonly region: string }
  | { readonly command: "stop" };

export type SandboxReply =
  | { readonly ok: true; readonly result: SandboxStatus }
  | { readonly ok: false; readonly error: FailureJson };

export type ProcessState = "starting" | "ready" | "hung" | "down" | "restarting";

export type ProcessStatus = {
  /** `powerdns`, `gateway`, `replica-1`, `control`, `api-server`, `database`, `watchdog`, `agent`; `recursor`, `resolver-2`, `witness`, and `network` where it is proxies. */
  readonly name: string;
  readonly state: ProcessState;
  readonly pid: number | undefined;
  /** How often it was started again by the supervisor after it ended by itself. */
  readonly restarts: number;
  /** Log file, relative to the state folder. */
  readonly log: string;
};

export type SandboxStatus = {
  readonly pid: number;
  readonly startedAtMs: number;
  readonly base: string;
  /** What stands between the regions, and is cut. */
  readonly network: SandboxNetwork;
  readonly domain: string;
  readonly probeIntervalMs: number;
  readonly ttlSeconds: number;
  /** All processes answered, the zones have their records, and the recursor answers every Application. */
  readonly ready: boolean;
  /** What is still missing until then, one phrase each; empty once ready. */
  readonly waitingFor: readonly string[];
  readonly shared: readonly ProcessStatus[];
  readonly regions: readonly {
    readonly cluster: string;
    readonly fault: Fault | undefined;
    readonly processes: readonly ProcessStatus[];
  }[];
};
