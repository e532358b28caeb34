/** What the properties, the milestones and people see of a region. */
import type { AgentState } from "../../core/failover/state.ts";
import { isAwake } from "./local.ts";
import { nameOf, type Region, type Side } from "./world.ts";

export type RegionFacts = {
  /** The epoch in whose name it may write now; null when it may not. A watchdog's tenure counts while its agent is away. */
  readonly authority: number | null;
  /** The highest epoch that its agent knows of; an approval of people who saw a higher one is void here. */
  readonly known: number;
  readonly takesWrites: boolean;
  /** It takes writes only because its clocks stood still: what it commits then nobody acknowledges (the data fence). */
  readonly isAfterGap: boolean;
  readonly isAwake: boolean;
  readonly isServing: boolean;
  /** A person who looks at it can truly say that it does not write. */
  readonly isSilent: boolean;
  /** It has no power: it stays silent until that returns. */
  readonly isOff: boolean;
  /** People stated that the other region is fenced: so it stays, until the witness knows of the epoch that was taken on that. */
  readonly keepsPeerOff: boolean;
  /** Why the region is wrong by itself; null when it is right. */
  readonly objection: string | null;
  /** Why automation does not go on without a person; null when it does. */
  readonly needs: string | null;
  readonly milestones: readonly string[];
};

export function regionFacts(side: Side, region: Region): RegionFacts {
  const authority = authorityOf(region);
  const takesWrites = region.power === "on" && region.data.kind !== "closed";
  return {
    authority,
    known: region.agent === null ? 0 : knownEpoch(region.agent),
    takesWrites,
    isAfterGap: region.data.kind === "closing" && region.data.by === "gap",
    isAwake: isAwake(region),
    isServing: authority !== null && takesWrites && region.agent?.data.kind === "serving",
    isSilent: authority === null && !takesWrites && region.promoting === null,
    isOff: region.power === "off",
    keepsPeerOff: (region.durable?.epochOwn ?? null) !== null || isStated(region),
    objection: objectionTo(side, region, authority),
    needs: needsOf(region),
    milestones: milestonesOf(side, region, takesWrites),
  };
}

/** The highest epoch that an agent saw or remembers. */
export function knownEpoch({ record, witness }: AgentState): number {
  return Math.max(record?.epochSeen ?? 0, witness.seen?.record.epoch ?? 0);
}

function isStated({ agent }: Region): boolean {
  const wish = agent?.wish ?? null;
  return wish?.kind === "takeOver" && wish.peerIsFenced;
}

function authorityOf({ power, agent, isPaused, watchdog, nowMs }: Region): number | null {
  if (power !== "on") return null;
  // An agent that stands still does nothing with what it believes; its watchdog's tenure is what counts.
  const own = agent === null || isPaused ? null : agent.authority;
  if (own !== null && own.kind !== "none" && nowMs < own.untilAtMs) return own.epoch;
  const { tenure } = watchdog;
  return tenure !== null && nowMs < tenure.untilAtMs ? tenure.epoch : null;
}

function objectionTo(side: Side, region: Region, authority: number | null): string | null {
  const { power, data, nowMs } = region;
  if (power !== "on" || data.kind === "closed") return null;
  if (data.kind === "closing") {
    return nowMs > data.closedAtMs ? `${nameOf(side)} takes writes after its time to fence` : null;
  }
  if (authority === null) return `${nameOf(side)} takes writes without authority, unfenced`;
  // From authority of its own back to a lease the same tenure goes on under a higher epoch.
  return authority >= data.epoch ? null : `${nameOf(side)} takes writes of an epoch not its own`;
}

function needsOf({ agent }: Region): string | null {
  if (agent === null) return null;
  if (agent.record === null) return "no record";
  if (!agent.record.armed) return "not armed";
  if (agent.disarmedBecause.length > 0) return "disarmed";
  if (agent.record.open !== null && agent.authority.kind === "none") return "an open round";
  return null;
}

function milestonesOf(side: Side, region: Region, takesWrites: boolean): readonly string[] {
  const { agent, power } = region;
  if (agent === null || power !== "on") return [];
  const { authority, record, data, peer } = agent;
  const found: string[] = [];
  if (authority.kind === "own") found.push(`own.${authority.by}`);
  else if (authority.kind !== "none") found.push(authority.kind);
  if (data.kind === "serving" && takesWrites) found.push("serving");
  if (record !== null) {
    if (record.promise !== null) found.push("promised");
    if (record.givenBack.round > 0 || record.givenBack.epoch > 0) found.push("gaveBack");
    const isBack = authority.kind === "lease" && record.roundIssued > 0 && record.open === null;
    if (isBack) found.push("resumed");
    if (peer.isGivingBack) found.push("givingBack");
  }
  return found.map((milestone) => `${nameOf(side)}.${milestone}`);
}
