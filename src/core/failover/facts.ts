/** What is measured and not decided: the data services of this region, and what public resolvers show. */

export type ServiceFacts = {
  readonly name: string;
  /** `writable`: takes writes or would, once it is not fenced. `standby`: follows the peer. */
  readonly role: "writable" | "standby" | "absent" | "unknown";
  /** As writable side: whether the peer's standby confirms every commit. As standby: null. */
  readonly sync: "in_sync" | "stalled" | "alone" | null;
  /** As writable side: whether the peer's standby streams and has caught up, so that commits can wait for it again. */
  readonly standbyReady: boolean | null;
  /** Last position written (writable) or received (standby), in bytes of the log; null when unknown. */
  readonly position: number | null;
  readonly timeline: number | null;
  /** As standby: how long ago the newest commit that it has was made, 0 when it has all that it knows of; absent where nobody can say. */
  readonly lagMs?: number | null;
  /** Whether it could be promoted, or is healthy. */
  readonly ready: boolean;
};

export type DataFacts = {
  readonly atMs: number;
  readonly services: readonly ServiceFacts[];
  /** Reasons of the readiness check why automation would not work now (DESIGN: red disarms). */
  readonly notReady: readonly string[];
};

export type Evidence = {
  readonly atMs: number;
  /** Two of three resolvers showed a signed answer of the peer, made after the question, that claims authority at this epoch. */
  readonly peerActiveEpoch: number | null;
  /** Two of three resolvers reach this region's own heartbeat; null when it was not measured. */
  readonly selfVisible: boolean | null;
};
