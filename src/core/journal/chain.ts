/**
 * The chain of a journal's stream: how an event is sealed, and how one is checked against the one before it.
 * The hash function is an argument, because core has no cryptography: SHA-256 in programs, a stand-in in the simulator.
 */
import { type JournalEvent, type NewEvent, noHash } from "../kernel/event.ts";
import { canonicalJson } from "../kernel/json.ts";

/** Hex digest of a text, 64 characters. */
export type HashOf = (text: string) => string;

/** Where a chain stands: the last event's number and hash. */
export type ChainHead = { readonly seq: number; readonly hash: string };

export const emptyChain: ChainHead = { seq: 0, hash: noHash };

/** The event as it follows `head`, numbered, chained and hashed. */
export function sealEvent(
  event: NewEvent,
  at: { readonly stream: string; readonly atMs: number; readonly head: ChainHead },
  hashOf: HashOf,
): JournalEvent {
  // In the order of canonical JSON, which is written fastest so.
  const envelope = {
    atMs: at.atMs,
    data: event.data,
    ...(event.key === undefined ? {} : { key: event.key }),
    prev: at.head.hash,
    seq: at.head.seq + 1,
    stream: at.stream,
    type: event.type,
  };
  return { ...envelope, hash: hashOf(canonicalJson(envelope)) };
}

/** Why `event` does not follow `head` in `stream`, as one sentence; undefined when it does. */
export function brokenLink(
  event: JournalEvent,
  head: ChainHead,
  stream: string | undefined,
  hashOf: HashOf,
): string | undefined {
  const { hash, ...envelope } = event;
  if (stream !== undefined && event.stream !== stream) {
    return `the event belongs to the stream "${event.stream}", not to "${stream}"`;
  }
  if (event.seq !== head.seq + 1) {
    return `event ${event.seq} stands where event ${head.seq + 1} should stand`;
  }
  if (event.prev !== head.hash)
    return `event ${event.seq} does not name the hash of the one before`;
  if (hashOf(canonicalJson(envelope)) !== hash) {
    return `the contents of event ${event.seq} do not have the hash that it names`;
  }
  return undefined;
}
