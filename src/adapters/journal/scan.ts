/** Walks over the bytes of one segment, line by line, and checks each event against the chain. Pure. */
import { brokenLink, type ChainHead } from "../../core/journal/chain.ts";
import { parseLine } from "../../core/journal/line.ts";
import type { JournalEvent } from "../../core/kernel/event.ts";
import { sha256 } from "./sha256.ts";

/** A place in a journal: after `line` lines of the segment that begins with event `firstSeq`. */
export type Position = {
  readonly firstSeq: number;
  readonly offset: number;
  readonly line: number;
  /** The last event before this place; undefined = the first event here is taken as it is. */
  readonly head: ChainHead | undefined;
  /** The stream that events must belong to; undefined = that of the first event. */
  readonly stream: string | undefined;
};

export type Finding =
  | { readonly kind: "event"; readonly event: JournalEvent; readonly after: Position }
  /** A break of the chain. `torn` = the very last line of the segment, and not even an event. */
  | {
      readonly kind: "broken";
      readonly at: Position;
      readonly reason: string;
      readonly torn: boolean;
    }
  /** The last line has no end yet: a write goes on, or was cut off. */
  | { readonly kind: "incomplete"; readonly at: Position; readonly bytes: number };

const lineFeed = 10;

/** What stands in `bytes`, which begin at `from`; nothing follows a broken or incomplete line. */
export function* scanLines(bytes: Buffer, from: Position): Generator<Finding> {
  let at = from;
  for (let start = 0; start < bytes.length; ) {
    const end = bytes.indexOf(lineFeed, start);
    if (end === -1) {
      yield { kind: "incomplete", at, bytes: bytes.length - start };
      return;
    }
    const finding = checkLine(bytes.subarray(start, end), at, end + 1 === bytes.length);
    yield finding;
    if (finding.kind !== "event") return;
    at = finding.after;
    start = end + 1;
  }
}

function checkLine(bytes: Buffer, at: Position, last: boolean): Finding {
  const text = decode(bytes);
  if (text === undefined) {
    return { kind: "broken", at, reason: "the line is not UTF-8", torn: last };
  }
  const parsed = parseLine(text);
  if (parsed.kind !== "event") {
    const torn = last && parsed.kind === "unparsable";
    return { kind: "broken", at, reason: parsed.reason, torn };
  }
  const { event } = parsed;
  const head = at.head ?? { seq: at.firstSeq - 1, hash: event.prev };
  const reason = brokenLink(event, head, at.stream, sha256);
  if (reason !== undefined) return { kind: "broken", at, reason, torn: false };
  const after = {
    firstSeq: at.firstSeq,
    offset: at.offset + bytes.length + 1,
    line: at.line + 1,
    head: { seq: event.seq, hash: event.hash },
    stream: event.stream,
  };
  return { kind: "event", event, after };
}

const strictUtf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function decode(bytes: Buffer): string | undefined {
  try {
    return strictUtf8.decode(bytes);
  } catch {
    return undefined; // The caller says which line it is.
  }
}
