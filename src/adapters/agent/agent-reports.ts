/** Reads a region agent's report over HTTP (`GET <url>/v1/status`), within a time and a size, and parses it. */
import type { AgentReader } from "../../control/agents/agent-port.ts";
import { readAgentReport } from "../../core/failover/agent-report-schema.ts";
import { Failure } from "../../core/kernel/failure.ts";
import { bounded } from "../bounded.ts";
import { boundedText } from "../bounded-text.ts";

export type AgentReportsOptions = {
  readonly cluster: string;
  /** Scheme, host and port of the agent's health listener. */
  readonly url: string;
  readonly timeoutMs: number;
};

/** A report is some ten kilobytes; what is larger is none. */
const bytesMax = 1_048_576;

/** The reports of one agent; nothing is asked before `read`. */
export function agentReports({ cluster, url, timeoutMs }: AgentReportsOptions): AgentReader {
  const base = url.replace(/\/+$/, "");
  const where = `the agent of ${cluster} at ${base}`;
  const unreachable = (because: string, cause?: unknown): Failure =>
    new Failure("AgentUnreachable", `the agent of ${cluster} ${because}`, { where, cause });
  return {
    cluster,
    url: base,
    async read(signal) {
      const limit = bounded(timeoutMs, signal);
      try {
        const response = await fetch(`${base}/v1/status`, {
          headers: { accept: "application/json" },
          redirect: "error",
          signal: limit.signal,
        });
        if (response.status !== 200) {
          await response.body?.cancel();
          throw unreachable(`answers HTTP ${response.status}`);
        }
        const text = await boundedText(response.body, bytesMax);
        const report = readAgentReport(JSON.parse(text) as unknown);
        if (!report.ok) throw unreachable(`answers with what is no report: ${report.because}`);
        if (report.value.cluster !== cluster) {
          throw unreachable(`says that it is of ${report.value.cluster}`);
        }
        return report.value;
      } catch (thrown) {
        if (thrown instanceof Failure) throw thrown;
        if (limit.isLate()) throw unreachable(`did not answer within ${timeoutMs} ms`, thrown);
        if (signal?.aborted === true) {
          throw new Failure("Cancelled", `asking ${where} was stopped`, { where, cause: thrown });
        }
        if (thrown instanceof SyntaxError) throw unreachable("answers with no JSON", thrown);
        throw unreachable(`can not be reached: ${reasonOf(thrown)}`, thrown);
      } finally {
        limit.end();
      }
    },
  };
}

/** `ECONNREFUSED` and the like from the depth of fetch's error. */
function reasonOf(thrown: unknown): string {
  const cause = thrown instanceof Error ? (thrown.cause ?? thrown) : thrown;
  if (cause instanceof Error && "code" in cause && typeof cause.code === "string") {
    return cause.code;
  }
  return cause instanceof Error ? cause.message : "the connection failed";
}
