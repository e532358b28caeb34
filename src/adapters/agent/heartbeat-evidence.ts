/**
 * What public resolvers show of both regions (facts of failover §3.3): each is asked for both heartbeats with fresh nonces, and more than
 * half of them have to show the same. Absent, refused, failed, wrongly signed: all of it is "unknown", and never "free".
 */
import type { EvidenceSource } from "../../control/failover/ports.ts";
import { evidenceOf, type ResolverProof } from "../../core/failover/evidence-quorum.ts";
import type { Heartbeat } from "../../core/failover/heartbeat-text.ts";
import type { RelayedMessage } from "../../core/failover/relay.ts";
import { Failure } from "../../core/kernel/failure.ts";
import { bounded } from "../bounded.ts";
import { isSameKey } from "./heartbeat-keys.ts";
import {
  type HeartbeatResolver,
  heartbeatResolver,
  type ResolverAddress,
  type WatchedRegion,
} from "./heartbeat-resolver.ts";
import type { Hedged } from "./hedged.ts";

export type HeartbeatEvidenceOptions = {
  readonly self: WatchedRegion;
  readonly peer: WatchedRegion;
  /** At least three, run by different people. */
  readonly resolvers: readonly ResolverAddress[];
  /** Limit of one look at everything. */
  readonly timeoutMs: number;
  /** Takes the messages that a proven answer of the peer shows; each as often as it is shown. */
  readonly hear?: (run: string, shown: readonly RelayedMessage[]) => void;
  /** Told after a look of each resolver that proves more or less than at the look before. */
  readonly onChange?: (finding: ResolverFinding) => void;
};

/** What one resolver showed at the last look, for people. */
export type ResolverFinding = {
  readonly resolver: string;
  /** Transport that proved it, or why nothing is proven. */
  readonly self: string;
  readonly peer: string;
};

const proven = "proven over ";

/** Whether it proves something else than before; the reasons why nothing is proven differ from look to look. */
function isOther(finding: ResolverFinding, before: ResolverFinding | undefined): boolean {
  const proves = (one: ResolverFinding | undefined): string =>
    [one?.self, one?.peer].map((words) => words?.startsWith(proven)).join();
  return proves(finding) !== proves(before);
}

export type HeartbeatEvidence = EvidenceSource & {
  /** Of the last look; none before it. */
  findings(): readonly ResolverFinding[];
  close(): void;
};

const resolversLimits = { least: 3, most: 9 };
/** UDP, TCP, HTTPS: each has this part of the limit before the next is tried too. */
const headStartPart = 4;

/** The source; nothing is asked before the first look. Fails with ConfigInvalid. */
export function heartbeatEvidence(options: HeartbeatEvidenceOptions): HeartbeatEvidence {
  const { self, peer, timeoutMs } = options;
  checkOptions(options);
  const resolvers = options.resolvers.map(heartbeatResolver);
  let findings: readonly ResolverFinding[] = [];
  return {
    async look(signal) {
      const limit = bounded(timeoutMs, signal);
      const headStartMs = timeoutMs / headStartPart;
      try {
        const shown = await Promise.all(
          resolvers.map(async (resolver): Promise<Shown> => {
            const [ofSelf, ofPeer] = await Promise.all([
              resolver.show(self, headStartMs, limit.signal),
              resolver.show(peer, headStartMs, limit.signal),
            ]);
            // One proof is enough for a message: it is signed.
            if (ofPeer.ok) options.hear?.(ofPeer.value.run, ofPeer.value.messages);
            return { resolver, self: ofSelf, peer: ofPeer };
          }),
        );
        if (signal?.aborted === true)
          throw new Failure("Cancelled", "nobody waits for what resolvers show");
        const before = findings;
        findings = shown.map(findingOf);
        for (const [index, finding] of findings.entries())
          if (isOther(finding, before[index])) options.onChange?.(finding);
        return evidenceOf(shown.map(proofOf));
      } finally {
        limit.end();
      }
    },
    findings: () => findings,
    close() {
      for (const resolver of resolvers) resolver.close();
    },
  };
}

type Shown = {
  readonly resolver: HeartbeatResolver;
  readonly self: Hedged<Heartbeat>;
  readonly peer: Hedged<Heartbeat>;
};

function proofOf({ self, peer }: Shown): ResolverProof {
  return { self: self.ok ? true : null, peer: peer.ok ? peer.value : null };
}

function findingOf({ resolver, self, peer }: Shown): ResolverFinding {
  const words = (shown: Hedged<Heartbeat>): string =>
    shown.ok ? `${proven}${shown.by}` : shown.because;
  return { resolver: resolver.id, self: words(self), peer: words(peer) };
}

function checkOptions({ self, peer, resolvers }: HeartbeatEvidenceOptions): void {
  const refused = (message: string, field: string): Failure =>
    new Failure("ConfigInvalid", message, { field: `heartbeat.${field}` });
  if (isSameKey(self.key, peer.key)) {
    const words = "both regions have the same heartbeat key, so one could speak for the other";
    throw refused(words, "peerKey");
  }
  const { least, most } = resolversLimits;
  if (resolvers.length < least || resolvers.length > most) {
    throw refused(
      `${resolvers.length} resolvers are named, and it takes ${least} to ${most}`,
      "resolvers",
    );
  }
  const addresses = resolvers.map(({ dns, https }) =>
    dns === undefined ? https?.url : `${dns.address} ${dns.port}`,
  );
  if (new Set(addresses).size < addresses.length)
    throw refused("one resolver is named twice, and would count twice", "resolvers");
}
