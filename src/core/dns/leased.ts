/**
 * What a lease changes in an Application's records (DESIGN §3): its probe asks the region's agent, and the record of an
 * `active-passive-warm` follows the holder. Default groups change nothing, because nobody may go dark for want of agents.
 */
import { leasePath } from "./lease-path.ts";
import type { Placed } from "./records.ts";
import type { Steering } from "./steering.ts";

/** The Application under the lease of a declared group; `name` is the Application's own. */
export function leased(own: Placed, group: string, name: string): Placed {
  const { probe } = own;
  const isProbed = probe.scheme !== "tcp";
  return withFirst(
    {
      ...own,
      lease: { group, isProbed },
      probe: isProbed ? { ...probe, path: leasePath(group, name) } : probe,
    },
    own.fallbackOrder[0],
  );
}

/** The region that an Application's record leads to when nothing else is known. */
export function firstOf({ steering, fallbackOrder }: Placed): string | undefined {
  return steering.kind === "static" ? steering.activeRegion : fallbackOrder[0];
}

/** The Application with another region first; only a lease moves the active region of `active-passive-warm`. */
export function withFirst(placed: Placed, cluster: string | undefined): Placed {
  const { fallbackOrder, steering, lease } = placed;
  if (cluster === undefined) return placed;
  return {
    ...placed,
    fallbackOrder: [cluster, ...fallbackOrder.filter((one) => one !== cluster)],
    steering:
      steering.kind === "static" && lease !== undefined
        ? { ...steering, activeRegion: cluster }
        : steering,
  };
}

/** The document's own order: with an active region declared, that one is first. */
export function firstOrder(steering: Steering, clusters: readonly string[]): readonly string[] {
  return steering.kind === "static" ? [...new Set([steering.activeRegion, ...clusters])] : clusters;
}
