/** The peer agent's report over TLS: whether both regions work by the same group, and how a switchover to it would go. */
import { z } from "zod";
import { askPeer } from "../../adapters/agent/ask-peer.ts";
import type { TlsFiles } from "../../adapters/agent/tls-files.ts";
import { bounded } from "../../adapters/bounded.ts";
import type { Signal } from "../../control/env.ts";
import { type PeopleReport, readPeopleReport } from "../../core/failover/people-report.ts";
import { Failure } from "../../core/kernel/failure.ts";
import type { JsonObject } from "../../core/kernel/json.ts";

export type PeerReportOptions = {
  readonly peer: string;
  /** `https://host:port` of the peer's agent. */
  readonly url: string;
  readonly tls: () => Promise<TlsFiles>;
  readonly timeoutMs: number;
};

export type PeerReport = {
  /** Of the documents that it works by. */
  readonly revision: string;
  /** The group as it works by it. */
  readonly group: JsonObject;
  /** Its wall clock when it answered. */
  readonly atMs: number;
};

const bytesMax = 1_048_576;

/** Fields of newer agents are let pass. */
const whoseSchema = z.object({ cluster: z.string() });
const workingSchema = z.object({ working: z.array(z.string().max(256)).max(4_096).optional() });
const reportSchema = z.object({
  atMs: z.number(),
  documents: z.object({ revision: z.string().max(256) }),
  people: z.object({ group: z.record(z.string(), z.json()) }),
});

/** What the peer's agent says of itself. Fails with PeerUnreachable, also when it is no report or somebody else's. */
export async function readPeerReport(
  options: PeerReportOptions,
  signal?: Signal,
): Promise<PeerReport> {
  return readReport(options, signal, (answer) => {
    const { atMs, documents, people } = reportSchema.parse(answer);
    return { revision: documents.revision, group: people.group, atMs };
  });
}

/** Its report as people are told from it, and which of its Applications are ready; null when it does not say. Fails as `readPeerReport`. */
export async function readPeerOutlook(
  options: PeerReportOptions,
  signal?: Signal,
): Promise<{ readonly report: PeopleReport; readonly working: readonly string[] | null }> {
  return readReport(options, signal, (answer) => {
    const report = readPeopleReport(answer);
    if (!report.ok) throw new Error(report.because);
    const { working } = workingSchema.parse(answer);
    return { report: report.value, working: working ?? null };
  });
}

async function readReport<T>(
  options: PeerReportOptions,
  signal: Signal | undefined,
  read: (answer: unknown) => T,
): Promise<T> {
  const { peer, url, timeoutMs } = options;
  const limit = bounded(timeoutMs, signal);
  try {
    const answer: unknown = JSON.parse(await textOf(options, limit.signal));
    const { cluster } = whoseSchema.parse(answer);
    if (cluster !== peer) throw new Error(`it says it is of ${cluster}`);
    return read(answer);
  } catch (cause) {
    const words = limit.isLate() ? `no answer within ${timeoutMs} ms` : messageOf(cause);
    throw new Failure("PeerUnreachable", `the peer's report can not be read: ${words}`, {
      where: url,
      cause,
    });
  } finally {
    limit.end();
  }
}

async function textOf({ peer, url, tls }: PeerReportOptions, signal: AbortSignal): Promise<string> {
  const request = { peer, files: await tls(), answerBytesMax: bytesMax, signal };
  const { status, text } = await askPeer(new URL("/v1/status", url), request);
  if (status !== 200) throw new Error(`it answers ${status}`);
  return text;
}

function messageOf(thrown: unknown): string {
  if (!(thrown instanceof Error)) return String(thrown);
  return "code" in thrown && typeof thrown.code === "string" ? thrown.code : thrown.message;
}
