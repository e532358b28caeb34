/**
 * Messages that ride on the heartbeat: the newest of each kind wait to be read by the peer, which takes each of them once. All of them
 * may be read late or never; the agents say again what they still mean.
 */
import type { PeerMessage } from "./message.ts";

export type RelayedMessage = {
  /** Counts what this run of the sender ever put out, from 1. */
  readonly seq: number;
  readonly message: PeerMessage;
};

/** A message that waits, and since when, on the sender's monotonic clock. */
export type WaitingMessage = RelayedMessage & { readonly atMs: number };

/** What waits after one more was said: it takes the place of the last of its kind, so there are never more than there are kinds. */
export function withMessage(
  waiting: readonly WaitingMessage[],
  added: WaitingMessage,
): readonly WaitingMessage[] {
  return [...waiting.filter(({ message }) => message.kind !== added.message.kind), added];
}

/** Those that are still worth reading: what is older than `keepMs` is said again by whoever means it. */
export function stillWaiting(
  waiting: readonly WaitingMessage[],
  nowMs: number,
  keepMs: number,
): readonly WaitingMessage[] {
  return waiting.filter(({ atMs }) => nowMs - atMs < keepMs);
}

/** The highest sequence that was taken of each of the sender's last runs, the last one first. */
export type Taken = readonly { readonly run: string; readonly seq: number }[];

/** Runs of the sender that are remembered: an answer of an earlier one can be late by a moment, not by several restarts. */
const runsKept = 4;

/** What is new in what a run of the sender shows, in its order; each is new once, and so is none that came after a later one. */
export function takeNew(
  taken: Taken,
  run: string,
  shown: readonly RelayedMessage[],
): { readonly taken: Taken; readonly messages: readonly PeerMessage[] } {
  const known = taken.find((one) => one.run === run)?.seq ?? 0;
  const fresh = shown.filter(({ seq }) => seq > known).sort((a, b) => a.seq - b.seq);
  const seq = fresh.at(-1)?.seq ?? known;
  const others = taken.filter((one) => one.run !== run);
  return {
    taken: [{ run, seq }, ...others].slice(0, runsKept),
    messages: fresh.map(({ message }) => message),
  };
}
