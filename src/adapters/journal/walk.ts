/** Walks over a journal's folder, segment by segment, and checks the chain on the way. Reads only. */
import { emptyChain } from "../../core/journal/chain.ts";
import { Failure } from "../../core/kernel/failure.ts";
import { type Finding, type Position, scanLines } from "./scan.ts";
import { listSegments, readFrom, type Segment } from "./segments.ts";

export type Step = { readonly segment: Segment; readonly finding: Finding };

/** Before the first event. */
export const journalStart: Position = {
  firstSeq: 1,
  offset: 0,
  line: 0,
  head: emptyChain,
  stream: undefined,
};

/**
 * Every event from `from` on; the walk ends at the end, or with the first step that is no event.
 * An incomplete or torn line before the last segment is a break like any other.
 */
export async function* walk(folder: string, from: Position): AsyncGenerator<Step> {
  const segments = (await listSegments(folder)).filter((one) => one.firstSeq >= from.firstSeq);
  let at = from;
  for (const [index, segment] of segments.entries()) {
    if (segment.firstSeq !== at.firstSeq)
      at = { ...at, firstSeq: segment.firstSeq, offset: 0, line: 0 };
    const misplaced = misplacedReason(segment, at);
    if (misplaced !== undefined) {
      yield { segment, finding: { kind: "broken", at, reason: misplaced, torn: false } };
      return;
    }
    const bytes = await readFrom(segment.path, at.offset);
    for (const found of scanLines(bytes, at)) {
      const finding = index < segments.length - 1 ? asSealed(found) : found;
      yield { segment, finding };
      if (finding.kind !== "event") return;
      at = finding.after;
    }
  }
}

function misplacedReason(segment: Segment, at: Position): string | undefined {
  if (at.offset > 0 || at.head === undefined || segment.firstSeq === at.head.seq + 1)
    return undefined;
  return `the segment begins with event ${segment.firstSeq} where event ${at.head.seq + 1} should stand`;
}

/** In a segment that has a successor, no write is going on and none was cut off. */
function asSealed(finding: Finding): Finding {
  if (finding.kind === "event") return finding;
  const reason = finding.kind === "incomplete" ? "the line has no end" : finding.reason;
  return { kind: "broken", at: finding.at, reason, torn: false };
}

/** The failure for a broken step, naming segment and line. */
export function corrupt(folder: string, segment: Segment, line: number, reason: string): Failure {
  return new Failure("JournalCorrupt", `${segment.name}, line ${line}: ${reason}`, {
    where: folder,
  });
}
