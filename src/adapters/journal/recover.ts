/** What opening a journal finds: where its chain stands, which keys it knows, and a torn tail, which is cut. */
import { open, stat, truncate } from "node:fs/promises";
import { type ChainHead, emptyChain } from "../../core/journal/chain.ts";
import { Failure } from "../../core/kernel/failure.ts";
import { errorCode } from "./error-code.ts";
import { listSegments, readFrom, type Segment, syncParent } from "./segments.ts";
import { corrupt, journalStart, walk } from "./walk.ts";

/** Bytes of a write that was never acknowledged, taken off the end and kept beside the segment. */
export type CutTail = {
  readonly segment: string;
  readonly line: number;
  readonly bytes: number;
  /** Name of the file that holds them now. */
  readonly keptIn: string;
};

export type Recovered = {
  readonly head: ChainHead;
  /** The segment to go on with, and its size. */
  readonly last: { readonly segment: Segment; readonly bytes: number } | undefined;
  /** The event's number by its key. */
  readonly keys: Map<string, number>;
  readonly cut: CutTail | undefined;
};

/**
 * Verifies the whole journal and cuts a torn tail: a last line that is incomplete or no event at all.
 * Fails with JournalCorrupt for anything else, and with ConfigInvalid for another stream's journal; repairs nothing.
 */
export async function recover(folder: string, stream: string, atMs: number): Promise<Recovered> {
  let head = emptyChain;
  let cut: CutTail | undefined;
  const keys = new Map<string, number>();
  for await (const { segment, finding } of walk(folder, journalStart)) {
    if (finding.kind === "event") {
      const { event } = finding;
      if (event.stream !== stream) throw foreignStream(folder, event.stream, stream);
      head = { seq: event.seq, hash: event.hash };
      if (event.key !== undefined) keys.set(event.key, event.seq);
    } else if (finding.kind === "incomplete" || finding.torn) {
      cut = await cutTail(segment, finding.at.offset, finding.at.line + 1, atMs);
    } else {
      throw corrupt(folder, segment, finding.at.line + 1, finding.reason);
    }
  }
  const segment = (await listSegments(folder)).at(-1);
  if (segment === undefined) return { head, last: undefined, keys, cut };
  const { size } = await stat(segment.path);
  return { head, last: { segment, bytes: size }, keys, cut };
}

function foreignStream(folder: string, found: string, expected: string): Failure {
  return new Failure(
    "ConfigInvalid",
    `the folder holds the journal of "${found}", not of "${expected}"`,
    { where: folder, remedy: "Give each program of each region a journal folder of its own." },
  );
}

async function cutTail(
  segment: Segment,
  offset: number,
  line: number,
  atMs: number,
): Promise<CutTail> {
  const tail = await readFrom(segment.path, offset);
  const keptIn = await keep(segment, tail, Math.floor(atMs));
  await truncate(segment.path, offset);
  const file = await open(segment.path, "r+");
  try {
    await file.sync();
  } finally {
    await file.close();
  }
  return { segment: segment.name, line, bytes: tail.length, keptIn };
}

/** Writes the bytes beside the segment, durably, before anything is cut; never over an earlier file. */
async function keep(segment: Segment, tail: Buffer, atMs: number): Promise<string> {
  for (let name = atMs; ; name++) {
    const suffix = `.torn-${name}`;
    try {
      const file = await open(segment.path + suffix, "wx", 0o600);
      try {
        await file.writeFile(tail);
        await file.sync();
      } finally {
        await file.close();
      }
      await syncParent(segment.path);
      return segment.name + suffix;
    } catch (thrown) {
      if (errorCode(thrown) !== "EEXIST") throw thrown;
    }
  }
}
