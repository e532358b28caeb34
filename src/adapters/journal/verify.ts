/** Checks a whole journal without changing it; also while somebody writes it. */
import type { Signal } from "../../control/env.ts";
import { emptyChain } from "../../core/journal/chain.ts";
import { Failure } from "../../core/kernel/failure.ts";
import { listSegments } from "./segments.ts";
import { journalStart, walk } from "./walk.ts";

/** Where a journal stops being right; `line` counts from 1. */
export type JournalBreak = {
  readonly segment: string;
  readonly line: number;
  readonly reason: string;
};

export type Verification = {
  /**
   * `torn`: all complete lines are right and the last one has no end; a write is going on, or was cut off and was
   * never acknowledged. `broken`: `firstBreak` says where; the other fields describe what is right before it.
   */
  readonly kind: "whole" | "torn" | "broken";
  readonly events: number;
  readonly segments: number;
  /** 0 when there is no event. */
  readonly firstSeq: number;
  readonly lastSeq: number;
  /** Hash of the last right event; whoever noted it earlier can tell that nothing was removed since. */
  readonly headHash: string;
  readonly tornBytes: number;
  readonly firstBreak?: JournalBreak;
};

/** Verifies every event of the journal in `folder`. Fails with NotFound when there is no such folder, and with Cancelled. */
export async function verifyJournal(folder: string, signal?: Signal): Promise<Verification> {
  const segments = (await listSegments(folder)).length;
  let seen = { events: 0, firstSeq: 0, lastSeq: 0, headHash: emptyChain.hash };
  for await (const { segment, finding } of walk(folder, journalStart)) {
    if (signal?.aborted === true) throw new Failure("Cancelled", "the verification was stopped");
    if (finding.kind === "incomplete") {
      return { kind: "torn", ...seen, segments, tornBytes: finding.bytes };
    }
    if (finding.kind === "broken") {
      const firstBreak = {
        segment: segment.name,
        line: finding.at.line + 1,
        reason: finding.reason,
      };
      return { kind: "broken", ...seen, segments, tornBytes: 0, firstBreak };
    }
    const { seq, hash } = finding.event;
    seen = {
      events: seen.events + 1,
      firstSeq: seen.firstSeq === 0 ? seq : seen.firstSeq,
      lastSeq: seq,
      headHash: hash,
    };
  }
  return { kind: "whole", ...seen, segments, tornBytes: 0 };
}
