/** What can be broken of a region, and what each fault does to its processes, its network and the witness. */
import type { GatewayOrder } from "./apps/gateway-order.ts";

const ways = [
  ...(["witness", "peer", "database"] as const),
  ...(["resolver-1", "resolver-2", "resolver-3"] as const),
  ...(["heartbeat-1", "heartbeat-2", "heartbeat-3"] as const),
] as const;
export type WayName = (typeof ways)[number];

export type FaultEffect = {
  /** What it is, for people. */
  readonly words: string;
  readonly kills: "all" | "agent" | "database" | "kube" | "none";
  readonly hangs: "all" | "agent" | "none";
  /** What the region's gateway accepts and never answers. */
  readonly blackHole: GatewayOrder["blackHole"];
  /** Ways of the region that carry nothing; of what lies between two regions, those of both. */
  readonly cuts: readonly WayName[];
  /** What is lost between network namespaces, beyond that and the gateway's part: packets that the region sends, or those that it is sent too. */
  readonly loses: "nothing" | "sent" | "everything";
  readonly killsWitness: boolean;
  /** The agent is started again with a wall clock of its own, which can be stepped then. */
  readonly ownClock: boolean;
};

const nothing = {
  kills: "none",
  hangs: "none",
  blackHole: "none",
  cuts: [],
  loses: "nothing",
  killsWitness: false,
  ownClock: false,
} as const;

export const faultEffects = {
  kill: { ...nothing, words: "every process of the region dies", kills: "all" },
  hang: { ...nothing, words: "they freeze", hangs: "all" },
  "probe-blackhole": { ...nothing, words: "probes are never answered", blackHole: "health" },
  "agent-kill": { ...nothing, words: "the agent dies, its watchdog lives", kills: "agent" },
  "agent-hang": { ...nothing, words: "the agent freezes", hangs: "agent" },
  "agent-clock": {
    ...nothing,
    words: "the agent is started again with a wall clock of its own, which can be stepped",
    kills: "agent",
    ownClock: true,
  },
  "database-kill": { ...nothing, words: "PostgreSQL dies", kills: "database" },
  "kube-down": { ...nothing, words: "the region's API server dies", kills: "kube" },
  "witness-loss": { ...nothing, words: "the witness dies", killsWitness: true },
  "witness-cut": {
    ...nothing,
    words: "the region does not reach the witness",
    cuts: ["witness"],
  },
  "peer-cut": {
    ...nothing,
    words: "agents and databases of the regions do not reach each other",
    cuts: ["peer", "database"],
  },
  "heartbeat-cut": {
    ...nothing,
    words: "two of three resolvers do not reach the region's heartbeat",
    cuts: ["heartbeat-2", "heartbeat-3"],
  },
  "client-cut": { ...nothing, words: "nobody reaches the region from outside", blackHole: "all" },
  "all-cut": {
    ...nothing,
    words: "nothing enters or leaves the region",
    blackHole: "all",
    cuts: ways,
    loses: "everything",
  },
  "send-cut": {
    ...nothing,
    words:
      "nothing that the region sends arrives, and it hears everything (network namespaces only)",
    loses: "sent",
  },
} as const satisfies Readonly<Record<string, FaultEffect>>;

export type Fault = keyof typeof faultEffects;

/** Their names, in the order of the table. */
export const faults = Object.keys(faultEffects) as readonly Fault[]; // Its own keys, by its type.

/** Names of the ways that are cut while these faults are there. */
export function cutWays(
  broken: readonly { readonly cluster: string; readonly fault: Fault }[],
  clusters: readonly string[],
): readonly string[] {
  const names = broken.flatMap(({ cluster, fault }) =>
    faultEffects[fault].cuts.flatMap((way) =>
      (isBetween(way) ? clusters : [cluster]).map((from) => wayName(from, way)),
    ),
  );
  return [...new Set(names)].sort();
}

/** Whether only network namespaces can do it: a proxy can not lose packets of one direction. */
export function needsNamespaces(fault: Fault): boolean {
  return faultEffects[fault].loses === "sent";
}

/** What is cut between two is cut for both. */
function isBetween(way: WayName): boolean {
  return way === "peer" || way === "database";
}

/** `hz-fsn-rtz-prod/witness`. */
export function wayName(cluster: string, way: WayName): string {
  return `${cluster}/${way}`;
}
