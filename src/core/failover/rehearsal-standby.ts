/** What tests of *Standing back* (ADR 25) share: a standby whose witness is silent, and what its peer says to it. Used by tests only. */
import type { FailoverGroup } from "./group.ts";
import type { PeerMessage } from "./message.ts";
import type { AgentRecord, OpenRound } from "./record.ts";
import { type Actor, clearRecord, factsOf, type Stage, stage } from "./rehearsal.ts";

/** The kinds of what it said to its peer, oldest first. */
export function saidKinds({ said }: Actor): readonly PeerMessage["kind"][] {
  return said.map(({ kind }) => kind);
}

/** Its peer says something to it. */
export function hear(here: Stage, actor: Actor, message: PeerMessage): void {
  here.give(actor, { type: "peerSaid", message });
}

/** The round that these questions are about. */
export const round: OpenRound = { policy: "sticky", epoch: 3, round: 5 };

/** A question to stand back. */
export function ask(change: Partial<PeerMessage & { kind: "ask" }> = {}): PeerMessage {
  return { kind: "ask", seq: 7, sync: "in_sync", ...round, ...change };
}

/** The round is given back. */
export function giveBack(change: Partial<OpenRound> = {}): PeerMessage {
  const { epoch, round: number } = { ...round, ...change };
  return { kind: "giveBack", epoch, round: number };
}

/** Region b remembers epoch 3 of its peer; its witness is silent. */
export function standby(
  record: Partial<AgentRecord> = {},
  group: Partial<FailoverGroup> = {},
): { readonly here: Stage; readonly b: Actor } {
  const here = stage("sticky", group);
  const b = here.actor("b");
  b.measures = (atMs) => factsOf("standby", atMs);
  b.record = { ...clearRecord, epochSeen: 3, ...record };
  here.restart(b);
  b.done.length = 0;
  b.said.length = 0;
  return { here, b };
}
