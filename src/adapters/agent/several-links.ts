/** Several ways to the same peer as one: what is sent takes all of them, what arrives on any is heard, so also twice. */
import type { PeerLink } from "../../control/failover/ports.ts";
import { assert } from "../../core/kernel/assert.ts";

/**
 * The links as one. A message counts as on its way when one of them took it; when none did, it fails as the first one did. `missed` is told
 * what else failed.
 */
export function severalLinks(
  links: readonly PeerLink[],
  missed: (thrown: unknown) => void = () => undefined,
): PeerLink {
  assert(links.length > 0, "there is a way to the peer");
  return {
    async send(message, signal) {
      const sent = await Promise.allSettled(links.map((link) => link.send(message, signal)));
      const failed = sent.flatMap((one) => (one.status === "rejected" ? [one] : []));
      const [first] = failed;
      if (first !== undefined && failed.length === links.length) throw first.reason;
      for (const { reason } of failed) missed(reason);
    },
    listen(take) {
      const ends = links.map((link) => link.listen(take));
      return () => {
        for (const end of ends) end();
      };
    },
  };
}
