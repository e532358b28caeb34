/** A fake: a source of documents in memory, for the simulator. It passes the contract suite of the real sources. */
import type { DocumentSource, SourceSnapshot } from "../control/env.ts";
import { Failure } from "../core/kernel/failure.ts";
import { canonicalJson } from "../core/kernel/json.ts";
import type { DocumentProblem, ParsedDocument } from "../core/resources/document.ts";

export type MemorySource = DocumentSource & {
  /** Makes a new revision, unless it is the same as the one before. */
  publish(documents: readonly ParsedDocument[], problems?: readonly DocumentProblem[]): void;
  /** From now on it can not be read, until `comeBack`. */
  goAway(): void;
  comeBack(): void;
};

/** A source that has no revision yet. */
export function memorySource(): MemorySource {
  let published: SourceSnapshot | undefined;
  let last: SourceSnapshot | undefined;
  let away = false;
  let revisions = 0;
  let written = "";
  return {
    publish(documents, problems = []) {
      const files = documents.map(({ file, value }) => ({ file, value }));
      const text = canonicalJson([files, problems.map((problem) => ({ ...problem }))]);
      if (published !== undefined && text === written) return;
      revisions += 1;
      written = text;
      published = { revision: `memory-${revisions}`, documents, problems };
    },
    goAway() {
      away = true;
    },
    comeBack() {
      away = false;
    },
    async read(signal) {
      if (signal?.aborted === true) throw new Failure("Cancelled", "Reading was stopped.");
      if (!away && published !== undefined) {
        last = published;
        return last;
      }
      const stale = new Failure("SourceUnavailable", "The documents in memory are away.");
      if (last === undefined) throw stale;
      return { ...last, stale };
    },
  };
}
