/** What of an agent's process outlives a change of its documents: clocks, log, metrics, journal, record, certificates, documents. */
import type { TlsFiles } from "../../adapters/agent/tls-files.ts";
import type { RenderedMetrics } from "../../adapters/metrics.ts";
import type { Env } from "../../control/env.ts";
import type { FailoverMemory } from "../../control/failover/failover-memory.ts";
import type { AgentJournal } from "./agent-journal.ts";
import type { ApplicationHealth } from "./application-health.ts";
import type { AgentConfig } from "./config.ts";
import type { DocumentWatch } from "./document-watch.ts";
import type { RecordStores } from "./record-stores.ts";

export type AgentWorld = {
  readonly config: AgentConfig;
  readonly observeOnly: boolean;
  readonly env: Env;
  readonly metrics: RenderedMetrics;
  readonly journal: AgentJournal;
  readonly records: RecordStores;
  /** Failovers of the last day. */
  readonly failovers: FailoverMemory;
  readonly tls: () => Promise<TlsFiles>;
  readonly watch: DocumentWatch;
  readonly applications: ApplicationHealth;
};
