/** What a placement means, one sentence, for people who ask why. */
import { unreachable } from "../kernel/assert.ts";
import type { PlacementKind } from "../resources/application.ts";
import type { Placed } from "./records.ts";

const words: Readonly<Record<PlacementKind, string>> = {
  "single-region": "a plain record of the region's load balancer; it does not follow health",
  "active-active": "every address that is up; all of them when none is known to be up",
  "active-hotstandby":
    "the first region in order that is up, and back when it recovers; all are probed all the time",
  "active-passive-warm":
    "a plain record of the active region; it does not follow health, only a promotion moves it",
  "weighted-canary":
    "one of two regions by weight, the same for the same client network; the other when one is down",
};

const leasedWords =
  "a plain record of the region that holds the lease; only a promotion or fencing moves it";

/** How a lease decides, one sentence. */
export function leaseWords(placement: PlacementKind, isProbed: boolean): string {
  if (placement === "active-passive-warm") {
    return "the record follows the region that holds the lease, at promotion and at fencing";
  }
  return isProbed
    ? "the lease decides: the region's agent answers 200 only with authority and a ready Application; when no region does, the one last confirmed to hold it"
    : "a TCP check can not ask the agent, so health decides; the lease only says who answers when nothing is up";
}

/** The sentence for an Application, with what its document says about clients. */
export function idiomWords({
  placement,
  steering,
  lease,
}: Pick<Placed, "placement" | "steering" | "lease">): string {
  switch (steering.kind) {
    case "none":
      return words[placement];
    case "static":
      if (lease !== undefined) return leasedWords;
      return `${words[placement]}: ${steering.activeRegion}`;
    case "weights": {
      const shares = steering.weights.map(({ cluster, weight }) => `${cluster} ${weight} %`);
      return `${words[placement]}: ${shares.join(", ")}`;
    }
    case "distance":
      return "the nearest address that is up by the server's GeoIP database; the nearest of all when none is known to be up";
    case "continents": {
      const entries = steering.entries.map(
        ({ continents, clusters }) => `${continents.join(", ")} ${clusters.join(" then ")}`,
      );
      return `the region of the client's continent that is up: ${entries.join("; ")}; others in the order of regions`;
    }
    default:
      return unreachable(steering);
  }
}
