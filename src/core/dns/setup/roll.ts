/**
 * The roll-over of the zone's key by double signature (RFC 6781 §4.1.2, for one key that is KSK and ZSK): the new key signs
 * beside the old one everywhere → wait → the parent names the new one → wait → the old one goes. A pure decision over
 * facts, so that it can be asked at any time, by any region, after any crash (ADR 12, docs/guides/zone.md).
 */
import { humanDurationMs } from "../../kernel/duration.ts";
import { type PublicKey, sameKey, tagsOf } from "./dnskey.ts";
import type { RollFacts, RollServer } from "./roll-facts.ts";

export type RollPhase =
  | "idle"
  | "adding"
  | "spreading"
  | "delegating"
  | "settling"
  | "retiring"
  | "ended";

export type RollDecision =
  /** Something to write on this region's own servers. */
  | {
      readonly kind: "act";
      readonly act: "start" | "addKey" | "retireKey";
      readonly servers: readonly string[];
    }
  /** Something that is now seen for the first time, and begins a wait or ends the roll. */
  | {
      readonly kind: "observe";
      readonly observed: "published" | "regressed" | "delegated" | "done";
      readonly ttlSeconds?: number;
    }
  | { readonly kind: "wait"; readonly untilMs: number }
  /** Somebody else's turn: another region, the parent, a person. */
  | { readonly kind: "refuse"; readonly reason: string }
  | { readonly kind: "ended" };

export type RollVerdict = RollDecision & { readonly phase: RollPhase; readonly because: string };

/** What the roll's next step is, or why it can not be made yet. */
export function decideRoll(facts: RollFacts): RollVerdict {
  const { record } = facts;
  if (record.ended !== undefined) {
    const because =
      record.ended === "done"
        ? `key ${facts.next.keyTag} has taken over`
        : `the roll to key ${facts.next.keyTag} was given up; make another key for another roll`;
    return { phase: "ended", kind: "ended", because };
  }
  const objection = objectionToServers(facts);
  if (objection !== undefined) return { phase: phaseOf(facts), kind: "refuse", ...objection };
  if (record.startedAtMs === undefined) return decideStart(facts);
  if (record.retiringAtMs !== undefined) return decideRetiring(facts);
  if (record.publishedAtMs === undefined) return decideAdding(facts);
  return decidePublished(facts, record.publishedAtMs);
}

function phaseOf({ record }: RollFacts): RollPhase {
  if (record.startedAtMs === undefined) return "idle";
  if (record.retiringAtMs !== undefined) return "retiring";
  if (record.publishedAtMs === undefined) return "adding";
  return record.delegatedAtMs === undefined ? "spreading" : "settling";
}

type Objection = { readonly reason: string; readonly because: string };

/** A roll goes on only while every server is seen and signs with keys of the set. */
function objectionToServers({ servers, old, next }: RollFacts): Objection | undefined {
  for (const { id, published } of servers) {
    if ("unanswered" in published) {
      const because = `${id} does not answer (${published.unanswered}): what it publishes is not known`;
      return { reason: "ServerSilent", because };
    }
    const foreign = published.filter((key) => !sameKey(key, old) && !sameKey(key, next));
    if (foreign.length > 0) {
      const because = `${id} publishes ${tagsOf(foreign)}, which is not in the key set`;
      return { reason: "ForeignKey", because };
    }
  }
  return undefined;
}

function decideStart(facts: RollFacts): RollVerdict {
  const phase = "idle";
  const without = facts.servers.filter((server) => !publishes(server, facts.old));
  if (without.length > 0) {
    const because = `${namesOf(without)} does not publish ${facts.old.keyTag}, the key in use`;
    return { phase, kind: "refuse", reason: "OldKeyMissing", because };
  }
  const because = `every server publishes ${facts.old.keyTag}; ${facts.next.keyTag} is ready to take over`;
  return { phase, kind: "act", act: "start", servers: [], because };
}

function decideAdding(facts: RollFacts): RollVerdict {
  const phase = "adding";
  const { next, servers } = facts;
  const lacking = servers.filter(({ stored }) => stored !== undefined && !signsWith(stored, next));
  if (lacking.length > 0) {
    const because = `key ${next.keyTag} has to sign beside ${facts.old.keyTag} on ${namesOf(lacking)}`;
    return { phase, kind: "act", act: "addKey", servers: lacking.map(({ id }) => id), because };
  }
  const without = servers.filter((server) => !publishes(server, next));
  if (without.length > 0) {
    const because = `${namesOf(without)} does not publish key ${next.keyTag} yet; run the step in that region too`;
    return { phase, kind: "refuse", reason: "NotEverywhere", because };
  }
  const because = `every server publishes ${facts.old.keyTag} and ${next.keyTag}`;
  return { phase, kind: "observe", observed: "published", because };
}

function decidePublished(facts: RollFacts, publishedAtMs: number): RollVerdict {
  const { next, servers, record } = facts;
  // A server without the old key is another region's that has finished already; one without the new key was set back.
  const without = servers.filter((server) => !publishes(server, next));
  if (without.length > 0) {
    const because = `${namesOf(without)} no longer publishes key ${next.keyTag}; the wait begins again`;
    return { phase: "spreading", kind: "observe", observed: "regressed", because };
  }
  const spreadMs = (facts.dnskeyTtlSeconds + facts.zoneTtlSeconds) * 1_000;
  const spreadAtMs = publishedAtMs + spreadMs;
  if (facts.nowMs < spreadAtMs) {
    const because = `resolvers may keep DNSKEYs for ${facts.dnskeyTtlSeconds} s and other records for ${facts.zoneTtlSeconds} s; ${humanDurationMs(spreadAtMs - facts.nowMs)} to go before the parent may change`;
    return { phase: "spreading", kind: "wait", untilMs: spreadAtMs, because };
  }
  if (record.delegatedAtMs === undefined) return decideDelegating(facts);
  return decideSettling(facts, record.delegatedAtMs, record.delegationTtlSeconds ?? 0);
}

function decideDelegating(facts: RollFacts): RollVerdict {
  const phase = "delegating";
  const { parent, next } = facts;
  const refused = objectionToParent(facts);
  if (parent.kind === "notAsked" && facts.confirmedDsTtlSeconds !== undefined) {
    const because = `it was confirmed that the parent names key ${next.keyTag} only`;
    const ttlSeconds = facts.confirmedDsTtlSeconds;
    return { phase, kind: "observe", observed: "delegated", ttlSeconds, because };
  }
  if (refused !== undefined) return { phase, kind: "refuse", ...refused };
  const ttlSeconds = parent.kind === "seen" ? parent.ttlSeconds : 0;
  const because = `the parent names key ${next.keyTag} only`;
  return { phase, kind: "observe", observed: "delegated", ttlSeconds, because };
}

/** Why the parent's DS is not yet the new key's alone. */
function objectionToParent({ parent, next, old }: RollFacts): Objection | undefined {
  switch (parent.kind) {
    case "notAsked":
      return {
        reason: "ParentNotAsked",
        because: `place the DS of ${next.keyTag} at the parent instead of that of ${old.keyTag}, then name the parent with --parent, or confirm with --ds-ttl`,
      };
    case "unanswered":
      return { reason: "ParentSilent", because: `the parent does not answer: ${parent.because}` };
    case "seen": {
      const others = parent.keyTags.filter((tag) => tag !== next.keyTag);
      if (!parent.keyTags.includes(next.keyTag)) {
        const because = `the parent does not name key ${next.keyTag} yet; place its DS there instead of that of ${old.keyTag}`;
        return { reason: "NotDelegated", because };
      }
      if (others.length === 0) return undefined;
      const because = `the parent still names ${[...new Set(others)].join(" and ")}; take that DS away`;
      return { reason: "OldDelegationLeft", because };
    }
  }
}

function decideSettling(facts: RollFacts, delegatedAtMs: number, ttlSeconds: number): RollVerdict {
  const phase = "settling";
  // What the parent says now counts, if it is asked: a DS that was taken back must stop the roll.
  const refused = facts.parent.kind === "notAsked" ? undefined : objectionToParent(facts);
  if (refused !== undefined) return { phase, kind: "refuse", ...refused };
  const settledAtMs = delegatedAtMs + ttlSeconds * 1_000;
  if (facts.nowMs < settledAtMs) {
    const because = `resolvers may keep the old DS for ${ttlSeconds} s; ${humanDurationMs(settledAtMs - facts.nowMs)} to go before key ${facts.old.keyTag} may go`;
    return { phase, kind: "wait", untilMs: settledAtMs, because };
  }
  return { ...retirement(facts), phase };
}

function decideRetiring(facts: RollFacts): RollVerdict {
  const phase = "retiring";
  const holding = facts.servers.filter(({ stored }) => holds(stored, facts.old));
  if (holding.length > 0) return { ...retirement(facts), phase };
  const still = facts.servers.filter((server) => publishes(server, facts.old));
  if (still.length > 0) {
    const because = `${namesOf(still)} still publishes key ${facts.old.keyTag}; run the step in that region too`;
    return { phase, kind: "refuse", reason: "NotEverywhere", because };
  }
  const because = `no server publishes key ${facts.old.keyTag} any more`;
  return { phase, kind: "observe", observed: "done", because };
}

function retirement(facts: RollFacts): RollDecision & { readonly because: string } {
  const servers = facts.servers.filter(({ stored }) => holds(stored, facts.old));
  const because = `nobody needs key ${facts.old.keyTag} any more`;
  return { kind: "act", act: "retireKey", servers: servers.map(({ id }) => id), because };
}

export type AbortDecision =
  | { readonly kind: "abort"; readonly servers: readonly string[]; readonly because: string }
  | { readonly kind: "refuse"; readonly reason: string; readonly because: string };

/** Whether the new key may be taken away again: only while no resolver can be relying on it alone. */
export function decideAbort(facts: RollFacts): AbortDecision {
  const { record, next, old, parent } = facts;
  const refuse = (reason: string, because: string): AbortDecision => ({
    kind: "refuse",
    reason,
    because,
  });
  if (record.startedAtMs === undefined) return refuse("NotStarted", "no roll was started here");
  if (record.ended !== undefined) return refuse("Ended", "the roll is over");
  if (record.delegatedAtMs !== undefined || record.retiringAtMs !== undefined) {
    return refuse("Delegated", `the parent names key ${next.keyTag}; the way out is to finish`);
  }
  if (parent.kind === "unanswered") return refuse("ParentSilent", parent.because);
  if (parent.kind === "seen" && parent.keyTags.includes(next.keyTag)) {
    const because = `the parent names key ${next.keyTag}; take its DS away and wait ${parent.ttlSeconds} s first`;
    return refuse("Delegated", because);
  }
  const without = facts.servers.filter((server) => !publishes(server, old));
  if (without.length > 0) {
    return refuse("OldKeyMissing", `${namesOf(without)} does not publish key ${old.keyTag}`);
  }
  const servers = facts.servers.filter(({ stored }) => holds(stored, next)).map(({ id }) => id);
  const because = `everything is signed with key ${old.keyTag} too, so key ${next.keyTag} may go at once`;
  return { kind: "abort", servers, because };
}

function publishes({ published }: RollServer, key: PublicKey): boolean {
  return !("unanswered" in published) && published.some((candidate) => sameKey(candidate, key));
}

function holds(stored: RollServer["stored"], key: PublicKey): boolean {
  return stored?.some((candidate) => sameKey(candidate, key)) === true;
}

function signsWith(stored: NonNullable<RollServer["stored"]>, key: PublicKey): boolean {
  return stored.some(
    (candidate) => sameKey(candidate, key) && candidate.active && candidate.published,
  );
}

function namesOf(servers: readonly RollServer[]): string {
  return servers.map(({ id }) => id).join(", ");
}
