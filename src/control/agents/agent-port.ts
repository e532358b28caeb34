/** The port to a region's agent as others see it: its report, and nothing that could change it. */
import type { HeardReport } from "../../core/failover/agent-report-schema.ts";
import type { Signal } from "../env.ts";

/** One agent; a region has one for each FailoverGroup. */
export interface AgentReader {
  /** The region that it says to be of. */
  readonly cluster: string;
  /** For messages. */
  readonly url: string;
  /** What it says now. Fails with AgentUnreachable, within its time limit, also when what it answers is no report. */
  read(signal?: Signal): Promise<HeardReport>;
}
