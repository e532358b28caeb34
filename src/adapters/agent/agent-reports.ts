/** Reads a region agent's report over HTTP (`GET <url>/v1/status`), within a time and a size, and parses it. */
import type { AgentReader } from "../../control/agents/agent-port.ts";
import type { Signal } from "../../control/env.ts";
import { readAgentReport } from "../../core/failover/agent-report-schema.ts";
import { Failure } from "../../core/kernel/failure.ts";

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
      const limit = AbortSignal.timeout(timeoutMs);
      const ended = endedBy(signal, limit);
      try {
        const response = await fetch(`${base}/v1/status`, {
          headers: { accept: "application/json" },
          redirect: "error",
          signal: ended.signal,
        });
        if (response.status !== 200) {
          await response.body?.cancel();
          throw unreachable(`answers HTTP ${response.status}`);
        }
        const report = readAgentReport(JSON.parse(await readText(response)) as unknown);
        if (!report.ok) throw unreachable(`answers with what is no report: ${report.because}`);
        if (report.value.cluster !== cluster) {
          throw unreachable(`says that it is of ${report.value.cluster}`);
        }
        return report.value;
      } catch (thrown) {
        if (thrown instanceof Failure) throw thrown;
        if (limit.aborted) throw unreachable(`did not answer within ${timeoutMs} ms`, thrown);
        if (signal?.aborted === true) {
          throw new Failure("Cancelled", `asking ${where} was stopped`, { where, cause: thrown });
        }
        if (thrown instanceof SyntaxError) throw unreachable("answers with no JSON", thrown);
        throw unreachable(`can not be reached: ${reasonOf(thrown)}`, thrown);
      } finally {
        ended.release();
      }
    },
  };
}

function endedBy(
  outer: Signal | undefined,
  limit: AbortSignal,
): { readonly signal: AbortSignal; readonly release: () => void } {
  const abort = new AbortController();
  const end = (): void => abort.abort();
  limit.addEventListener("abort", end, { once: true });
  outer?.addEventListener("abort", end, { once: true });
  if (outer?.aborted === true) end();
  return {
    signal: abort.signal,
    release: () => {
      limit.removeEventListener("abort", end);
      outer?.removeEventListener("abort", end);
    },
  };
}

async function readText(response: Response): Promise<string> {
  if (response.body === null) return "";
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const part of response.body) {
    bytes += part.byteLength;
    if (bytes > bytesMax) throw new Error(`its answer is larger than ${bytesMax} bytes`);
    parts.push(part);
  }
  return Buffer.concat(parts).toString("utf8");
}

/** `ECONNREFUSED` and the like from the depth of fetch's error. */
function reasonOf(thrown: unknown): string {
  const cause = thrown instanceof Error ? (thrown.cause ?? thrown) : thrown;
  if (cause instanceof Error && "code" in cause && typeof cause.code === "string") {
    return cause.code;
  }
  return cause instanceof Error ? cause.message : "the connection failed";
}
