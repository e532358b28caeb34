/** All ways to the peer's agent: the direct one, and, where there is a heartbeat, the relay over public resolvers with what they show. */
import { httpsPeerLink } from "../../adapters/agent/https-peer-link.ts";
import { severalLinks } from "../../adapters/agent/several-links.ts";
import type { AgentOptions } from "../../control/failover/options.ts";
import type { EvidenceSource, PeerLink } from "../../control/failover/ports.ts";
import { hasAuthority } from "../../core/failover/authority.ts";
import type { AgentState } from "../../core/failover/state.ts";
import { Failure } from "../../core/kernel/failure.ts";
import type { GroupDocuments } from "./documents.ts";
import { type OpenHeartbeat, openHeartbeat } from "./heartbeat-config.ts";
import type { AgentWorld } from "./world.ts";

export type PeerPaths = {
  readonly link: PeerLink;
  /** Takes what the peer's agent sent over HTTPS; false when it is no message. */
  readonly receive: (json: unknown) => boolean;
  readonly evidence: EvidenceSource;
  close(): Promise<void>;
};

/** Nobody looks: nothing is known of the peer, nor of this region. */
const noEvidence: EvidenceSource = {
  look: () => Promise.resolve({ peerActiveEpoch: null, selfVisible: null }),
};

/** Opens them; `state` is the agent's. Fails as `openHeartbeat` does. */
export async function openPeerPaths(
  world: AgentWorld,
  { context, group }: GroupDocuments,
  options: AgentOptions,
  state: () => AgentState,
): Promise<PeerPaths> {
  const { config, tls } = world;
  const { self, peer } = context;
  const timeoutMs = options.sendLimitMs;
  const direct = httpsPeerLink({
    self,
    peer,
    group: group.name,
    url: config.peer.url,
    tls,
    timeoutMs,
  });
  const heartbeat = await heartbeatOf(world, { context, group }, options, state);
  return {
    link:
      heartbeat === undefined
        ? direct
        : severalLinks([direct, heartbeat.link], (thrown) => {
            // The other way may have taken it; that this one did not is still to be seen.
            const failure = Failure.from(thrown, "a way to the peer").toJson();
            world.env.log.info("a message did not go one of its ways", { failure });
          }),
    receive: direct.receive,
    evidence: heartbeat?.evidence ?? noEvidence,
    async close() {
      direct.close();
      await heartbeat?.close();
    },
  };
}

/** Undefined without one, and for an agent that only observes, which says nothing to anybody. */
async function heartbeatOf(
  { config, env, observeOnly }: AgentWorld,
  { context, group }: Pick<GroupDocuments, "context" | "group">,
  options: AgentOptions,
  state: () => AgentState,
): Promise<OpenHeartbeat | undefined> {
  if (config.heartbeat === undefined || observeOnly) return undefined;
  return openHeartbeat(config.heartbeat, {
    region: context.self,
    peerRegion: context.peer,
    group: group.name,
    folder: config.folder,
    state: () => {
      const now = state();
      const epoch =
        now.authority.kind === "none" ? (now.record?.epochSeen ?? 0) : now.authority.epoch;
      return { epoch, isActive: hasAuthority(now, env.clock.monotonicMs()) };
    },
    // A look that is late by its own limit still says which resolver was; one that the agent gives up says nothing.
    lookMs: Math.floor(options.lookLimitMs * 0.9),
    onResolver: (finding) => env.log.info("what a resolver proves has changed", { ...finding }),
    onFailure: (failure) => env.log.warn(failure.message, { failure: failure.toJson() }),
  });
}
