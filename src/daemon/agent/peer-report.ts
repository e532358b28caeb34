/** The peer agent's report over TLS, for the readiness check: whether both regions work by the same group. */
import { z } from "zod";
import { askPeer } from "../../adapters/agent/ask-peer.ts";
import type { TlsFiles } from "../../adapters/agent/tls-files.ts";
import { bounded } from "../../adapters/bounded.ts";
import type { Signal } from "../../control/env.ts";
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
const reportSchema = z.object({
  cluster: z.string(),
  atMs: z.number(),
  documents: z.object({ revision: z.string().max(256) }),
  people: z.object({ group: z.record(z.string(), z.json()) }),
});

/** What the peer's agent says of itself. Fails with PeerUnreachable, also when it is no report or somebody else's. */
export async function readPeerReport(
  options: PeerReportOptions,
  signal?: Signal,
): Promise<PeerReport> {
  const { peer, url, timeoutMs } = options;
  const limit = bounded(timeoutMs, signal);
  try {
    const text = await textOf(options, limit.signal);
    const { cluster, atMs, documents, people } = reportSchema.parse(JSON.parse(text));
    if (cluster !== peer) throw new Error(`it says it is of ${cluster}`);
    return { revision: documents.revision, group: people.group, atMs };
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
