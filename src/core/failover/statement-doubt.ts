/** What a person is about to state of a region's peer, beside what that peer's own agent says (ADR 25, Assumptions). */
import type { OpenRound } from "./record.ts";
import type { FailoverStatus } from "./status.ts";

/** Orders that rest on a person's word about the peer. */
export type Statement = "rearm" | "closeRound" | "peerIsFenced";

type Round = Pick<OpenRound, "epoch" | "round">;

/** Of a region's status, as its agent says it. */
export type StatedOf = Pick<FailoverStatus, "self" | "authority"> & {
  readonly openRound: Round | null;
  readonly promise: Round | null;
};

/** Why the statement is not true as far as the peer's agent says; null when nothing speaks against it, or nobody answers. */
export function statementDoubt(
  statement: Statement,
  { status, peer }: { readonly status: StatedOf | null; readonly peer: StatedOf | null },
): string | null {
  if (peer === null) return null;
  const { kind, epoch } = peer.authority;
  const writes = `${peer.self} has the right to write, by ${kind} authority at epoch ${epoch ?? "?"}`;
  switch (statement) {
    case "rearm":
      // Beside a lease the witness stands; anything else may rest on what was forgotten.
      return kind === "none" || kind === "lease" ? null : writes;
    case "closeRound":
      return kind === "none" ? null : writes;
    case "peerIsFenced": {
      if (kind !== "none") return writes;
      const promise = status?.promise ?? null;
      const { openRound } = peer;
      const isBound =
        promise !== null && openRound?.epoch === promise.epoch && openRound.round === promise.round;
      return isBound
        ? null
        : `the agent of ${peer.self} runs and is not bound: it may take the lease as soon as the witness answers it`;
    }
  }
}
