/**
 * The documents that an agent works by, and the newest ones beside them (ADR 34). It starts by those that it kept, so that neither Git nor
 * a slow disk of somebody else stands between it and its lease, and looks for newer ones after that.
 */
import { join } from "node:path";
import type { DocumentSource, Env, Signal, SourceSnapshot } from "../../control/env.ts";
import { Failure } from "../../core/kernel/failure.ts";
import { keepDocuments, keptDocuments } from "./document-copy.ts";
import { type AgentName, type GroupDocuments, groupDocuments } from "./documents.ts";
import { type GroupChange, groupChange } from "./group-change.ts";

export type DocumentWatch = {
  /** What the agent works by. */
  inUse(): GroupDocuments;
  /** The newest that could be read; the same as in use, or waiting to be. */
  newest(): GroupDocuments;
  /** How the newest differ from those in use; undefined when they do not. */
  change(): GroupChange | undefined;
  /** Why nothing newer can be read or used now; null when it can. */
  stale(): string | null;
  /** Why the newest that can be read can not be used; null when they can, also while nothing can be read. */
  problem(): string | null;
  /** From now on these are in use, and kept for the next start. */
  takeOver(documents: GroupDocuments): Promise<void>;
  /** Reads the source at its pace until the signal is given. */
  run(signal: Signal): Promise<void>;
};

export type DocumentWatchOptions = {
  readonly self: AgentName;
  readonly source: DocumentSource;
  readonly state: string;
  readonly pollMs: number;
  /** Fails with ConfigInvalid when this agent can not work by them. */
  readonly check: (documents: GroupDocuments) => void;
};

/** Begins by the kept documents, or by the source's where none fit. Fails with ConfigInvalid or SourceUnavailable. */
export async function openDocumentWatch(
  env: Env,
  { self, source, state, pollMs, check }: DocumentWatchOptions,
): Promise<DocumentWatch> {
  const path = join(state, "documents.json");
  const keep = async (documents: GroupDocuments): Promise<void> => {
    try {
      await keepDocuments(path, documents.snapshot);
    } catch (thrown) {
      const failure = Failure.from(thrown, path).toJson();
      env.log.warn("the documents could not be kept for the next start", { failure });
    }
  };
  let stale: string | null = null;
  let problem: string | null = null;
  const usable = (snapshot: SourceSnapshot): GroupDocuments => {
    const documents = groupDocuments(snapshot, self);
    check(documents);
    return documents;
  };
  const kept = await keptGroup(path, usable);
  let used = kept ?? usable(await source.read());
  if (kept === undefined) await keep(used);
  let newest = used;
  const take = async (documents: GroupDocuments): Promise<void> => {
    if (documents.revision === newest.revision) return;
    newest = documents;
    const change = groupChange(used, documents);
    const { revision } = documents;
    if (change === undefined) {
      used = documents;
      await keep(used);
    } else {
      env.log.info("the group's documents changed", { revision, ...change });
      const data = { revision, fields: change.fields, shared: change.isShared };
      // Not awaited: a journal that is slow or full stops no agent.
      void env.journal.append({ type: "agent.documentsChanged", data }).catch(() => undefined);
    }
  };
  const read = async (signal: Signal): Promise<void> => {
    try {
      const snapshot = await source.read(signal);
      await take(usable(snapshot));
      stale = snapshot.stale?.message ?? null;
      problem = null;
    } catch (thrown) {
      if (signal.aborted) return;
      const failure = Failure.from(thrown, "the source");
      if (stale !== failure.message) env.log.warn(failure.message, { failure: failure.toJson() });
      stale = failure.message;
      // A source that is away may be in the region that was lost: that says nothing about the documents.
      if (failure.code === "ConfigInvalid") problem = failure.message;
    }
  };
  return {
    inUse: () => used,
    newest: () => newest,
    change: () => groupChange(used, newest),
    stale: () => stale,
    problem: () => problem,
    async takeOver(documents) {
      used = documents;
      await keep(used);
    },
    async run(signal) {
      while (!signal.aborted) {
        await read(signal);
        env.metrics.gauge("sovereign_source_stale", stale === null ? 0 : 1);
        await env.clock.sleep(pollMs, signal);
      }
    },
  };
}

/** What was kept, when this agent can work by it. */
async function keptGroup(
  path: string,
  usable: (snapshot: SourceSnapshot) => GroupDocuments,
): Promise<GroupDocuments | undefined> {
  const snapshot = await keptDocuments(path);
  if (snapshot === undefined) return undefined;
  try {
    return usable(snapshot);
  } catch {
    return undefined; // It is of another group or configuration, or of a version that read documents otherwise.
  }
}
