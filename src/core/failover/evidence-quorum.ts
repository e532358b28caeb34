/** From what each resolver proved to what counts as evidence: more than half of them (facts of failover §3.3). */
import type { Evidence } from "./facts.ts";

/** What one resolver proved by signed answers to fresh questions. Null: nothing, which says nothing about the region. */
export type ResolverProof = {
  /** It reached this region's own heartbeat. */
  readonly self: true | null;
  readonly peer: { readonly isActive: boolean; readonly epoch: number } | null;
};

/** How many of so many are a quorum: 2 of 3. */
export function quorumOf(resolvers: number): number {
  return Math.floor(resolvers / 2) + 1;
}

/** The evidence; the epoch is the highest that a quorum shows, each of it that one or a later one. */
export function evidenceOf(proofs: readonly ResolverProof[]): Omit<Evidence, "atMs"> {
  const quorum = quorumOf(proofs.length);
  const epochs = proofs
    .flatMap(({ peer }) => (peer?.isActive === true ? [peer.epoch] : []))
    .sort((a, b) => b - a);
  return {
    peerActiveEpoch: epochs[quorum - 1] ?? null,
    selfVisible: proofs.filter(({ self }) => self === true).length >= quorum,
  };
}
