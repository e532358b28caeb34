/**
 * The way to the peer's agent that needs nothing but public resolvers: what is said waits in the own heartbeat, and what the peer's
 * heartbeat shows is heard (facts of failover §3.3). The peer reads it when it looks next, or never.
 */
import type { PeerLink } from "../../control/failover/ports.ts";
import type { PeerMessage } from "../../core/failover/message.ts";
import { type RelayedMessage, type Taken, takeNew } from "../../core/failover/relay.ts";
import { listeners } from "./listeners.ts";
import type { RelayOutbox } from "./relay-outbox.ts";

export type DnsRelayLink = PeerLink & {
  /** Takes what a heartbeat of the peer showed whose signature was checked; each message is heard once, however often it is shown. */
  hear(run: string, shown: readonly RelayedMessage[]): void;
};

/** The link; `outbox` is the one that the own heartbeat shows. */
export function dnsRelayLink(outbox: RelayOutbox): DnsRelayLink {
  const heard = listeners<PeerMessage>();
  let taken: Taken = [];
  return {
    async send(message) {
      outbox.put(message);
    },
    listen: heard.listen,
    hear(run, shown) {
      const next = takeNew(taken, run, shown);
      taken = next.taken;
      for (const message of next.messages) heard.tell(message);
    },
  };
}
