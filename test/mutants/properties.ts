/** Statements about small pure functions that a mutant of them breaks: what the tests beside them assert, as values. */
import type { gapWatch } from "../../src/control/failover/clock-gap.ts";
import type { within } from "../../src/control/failover/within.ts";
import type { Approval } from "../../src/core/failover/approval.ts";
import type { approvedPeople } from "../../src/core/failover/approved.ts";
import type { judgeTakeOver } from "../../src/core/failover/gates.ts";
import type { FailoverGroup } from "../../src/core/failover/group.ts";
import type { AgentState } from "../../src/core/failover/state.ts";
import type { guard, Tenure } from "../../src/core/failover/watchdog.ts";
import type { JsonObject } from "../../src/core/kernel/json.ts";
import { emptyLease } from "../../src/core/lease/record.ts";
import type { judgedAtMs } from "../../src/core/lease/settling.ts";
import { virtualClock } from "../../src/sim/virtual-clock.ts";
import type { Finding, Load } from "./kill.ts";
import { approvalOf, contextOf, nowMs, standby, wallAtMs } from "./standby-scene.ts";
import {
  everyStoreHasIt,
  silenceIsDoubt,
  twoHostsOneStore,
  twoProcessesOneDatabase,
} from "./store-properties.ts";
import { noHourLongStop, oldHolderStopsFirst, twoTriesFit } from "./timing-properties.ts";

export type Property = {
  /** What has to be loaded, below `src`. */
  readonly entries: readonly string[];
  readonly judge: (load: Load) => Promise<Finding>;
};

const gatesFile = "core/failover/gates.ts";
const sceneFiles = ["core/failover/initial-state.ts", "core/failover/turn.ts"];

type Scene = {
  readonly group?: Partial<FailoverGroup>;
  readonly state?: Partial<AgentState>;
  readonly note?: JsonObject;
  /** The rule that has to refuse the take-over, or to let it pass. */
  readonly rule: string;
  readonly passes?: boolean;
};

/** The standby is judged in each scene; the words are of the first in which the rule says otherwise. */
/** Of a server that does not follow the holder and is as far as it. */
const ownWay: AgentState["facts"] = {
  atMs: nowMs - 1_000,
  services: [
    {
      name: "db",
      role: "writable",
      sync: null,
      standbyReady: null,
      position: 100,
      timeline: 1,
      ready: true,
    },
  ],
  notReady: [],
};

function takeOvers(words: string, scenes: readonly Scene[]): Property {
  return {
    entries: [gatesFile, ...sceneFiles],
    async judge(load) {
      const gates = (await load(gatesFile)) as { readonly judgeTakeOver: typeof judgeTakeOver }; // That file.
      for (const { group, state, note, rule, passes = false } of scenes) {
        const here = await standby(load, state, note);
        const { trace } = gates.judgeTakeOver(contextOf(group), here, nowMs, wallAtMs);
        const outcome = trace.find((one) => one.rule === rule)?.outcome;
        if (outcome !== (passes ? "passed" : "failed")) return `${words}: ${rule} says ${outcome}`;
      }
      return null;
    },
  };
}

/** How many people an approval of one counts for, in that state. */
function approvals(words: string, approval: Partial<Approval>, note: JsonObject): Property {
  const file = "core/failover/approved.ts";
  return {
    entries: [file, ...sceneFiles],
    async judge(load) {
      const { approvedPeople: people } = (await load(file)) as {
        readonly approvedPeople: typeof approvedPeople;
      };
      const state = await standby(load, { approvals: [approvalOf("ada", approval)] }, note);
      const counted = people({ context: contextOf(), state, wallAtMs }, "failover", null);
      return counted === 0 ? null : `${words}: it counts for ${counted}`;
    },
  };
}

const safety = { maxLossyPerDay: 1, restMs: 600_000, dnsEvidence: "veto" } as const;

async function settles(load: Load): Promise<Finding> {
  const file = (await load("core/lease/settling.ts")) as { readonly judgedAtMs: typeof judgedAtMs };
  const held = {
    ...emptyLease("shop"),
    rev: 1,
    epoch: 1,
    holder: "A",
    instance: "a",
    ttlMs: 5_000,
  };
  const common = { holder: "B", instance: "b", reqId: "q", note: {}, ifRev: 1 };
  const request = { ...common, op: "acquire", ttlMs: 5_000, epochFloor: 0 } as const;
  // It ran out while the witness was down; the witness is up since 7 s and settles until 9 s.
  const judged = file.judgedAtMs({ ...held, expiresAtMs: 6_000 }, request, 7_000, 9_000);
  return judged < 6_000 ? null : "a lease is given away before its holder could be heard";
}

async function waitEnds(load: Load): Promise<Finding> {
  const file = (await load("control/failover/within.ts")) as { readonly within: typeof within };
  const clock = virtualClock(1);
  let ended = 0;
  const end = (): void => {
    ended += 1;
  };
  // Not awaited: the point is that it may never end.
  void file.within(clock, 1_000, "asking", () => new Promise(() => {})).then(end, end);
  await clock.advance(60_000);
  return ended === 1 ? null : "what never answers is waited for without end";
}

async function gapIsTold(load: Load): Promise<Finding> {
  const file = (await load("control/failover/clock-gap.ts")) as {
    readonly gapWatch: typeof gapWatch;
  };
  const clock = virtualClock(1);
  const gap = file.gapWatch(clock, 100);
  clock.jumpWall(60_000);
  return gap() === 0 ? "a minute that the monotonic clock did not count is not told" : null;
}

async function watchdogRefuses(load: Load): Promise<Finding> {
  const file = (await load("core/failover/watchdog.ts")) as { readonly guard: typeof guard };
  const tenure: Tenure = {
    epoch: 3,
    rev: 1,
    instance: "p1",
    round: null,
    kind: "lease",
    untilAtMs: 10,
  };
  const revived = file.guard({ tenure }, { ...tenure, untilAtMs: 100 }, 20).tenure;
  if (revived !== null) return "a tenure that is over is revived";
  const taken = file.guard({ tenure }, { ...tenure, epoch: 2, untilAtMs: 100 }, 5).tenure;
  return taken?.epoch === 3 ? null : "an older one takes its place";
}

/** By the name under which the tables of mutants know them. */
export const properties: Readonly<Record<string, Property>> = {
  "the old holder's last write comes before a contender's first": oldHolderStopsFirst,
  "a service that takes an hour to stop is refused": noHourLongStop,
  "two tries fit between a renewal's time and fencing": twoTriesFit,
  "of two processes with one database one writes each revision": twoProcessesOneDatabase,
  "of two hosts with one store one is told done": twoHostsOneStore,
  "a write that nobody answered is not told as refused": silenceIsDoubt,
  "a record is durable when every store has it": everyStoreHasIt,
  "a watchdog takes neither a late tenure nor an older one": {
    entries: ["core/failover/watchdog.ts"],
    judge: watchdogRefuses,
  },
  "a witness that has just started hears the holder first": {
    entries: ["core/lease/settling.ts"],
    judge: settles,
  },
  "every wait ends": { entries: ["control/failover/within.ts"], judge: waitEnds },
  "a gap between the clocks is told in either direction": {
    entries: ["control/failover/clock-gap.ts"],
    judge: gapIsTold,
  },
  "an approval counts once": approvals("a used approval", {}, { used: ["nonce of ada"] }),
  "an approval counts for the epoch that was seen": approvals(
    "an old one",
    { expectedEpoch: 2 },
    {},
  ),
  "a standby that may have lost something needs people": takeOvers("it is degraded", [
    { rule: "DataIsSafe", passes: true },
    { rule: "DataIsSafe", note: { sync: "degraded" } },
  ]),
  "an approval of no bytes covers no loss": takeOvers("two people approved 0 bytes", [
    {
      rule: "DataIsSafe",
      note: { sync: "degraded" },
      state: {
        approvals: ["ada", "grace"].map((person) => approvalOf(person, { maxLossBytes: 0 })),
      },
    },
    {
      rule: "DataIsSafe",
      note: { sync: "degraded" },
      state: {
        approvals: ["ada", "grace"].map((person) => approvalOf(person, { maxLossBytes: 1 })),
      },
      passes: true,
    },
  ]),
  "where people decide nobody takes over without them": takeOvers("nobody approved it", [
    { rule: "ModeAllows", passes: true },
    { rule: "ModeAllows", group: { mode: "semiAutomatic" } },
    { rule: "ModeAllows", group: { mode: "manual" } },
  ]),
  "a region that nobody reaches takes nothing over": takeOvers("resolvers do not show it", [
    { rule: "SelfVisible", passes: true },
    {
      rule: "SelfVisible",
      state: { evidence: { atMs: nowMs - 1_000, peerActiveEpoch: null, selfVisible: false } },
    },
  ]),
  "what was handed over is taken only when all of it was received": takeOvers(
    "10 bytes are missing",
    [
      { rule: "DataIsSafe", note: { handTo: "B", positions: { db: 100 } }, passes: true },
      { rule: "DataIsSafe", note: { handTo: "B", positions: { db: 110 } } },
    ],
  ),
  "what is here counts only where it came from the last holder": takeOvers(
    "a server that wrote by itself is as far",
    [
      { rule: "DataIsSafe", note: { handTo: "B", positions: { db: 100 } }, passes: true },
      {
        rule: "DataIsSafe",
        note: { handTo: "B", positions: { db: 100 } },
        state: { facts: ownWay },
      },
    ],
  ),
  "a witness inside one of its regions arms nothing": takeOvers("it is inside", [
    { rule: "WitnessIsOutside", passes: true },
    { rule: "WitnessIsOutside", group: { safety: { ...safety, witnessIsOutside: false } } },
  ]),
  "resolvers veto with what they show now": takeOvers("a veto of a minute ago", [
    {
      rule: "DnsEvidence",
      state: { evidence: { atMs: nowMs - 1_000, peerActiveEpoch: 3, selfVisible: true } },
    },
    {
      rule: "DnsEvidence",
      state: { evidence: { atMs: nowMs - 60_000, peerActiveEpoch: 3, selfVisible: true } },
      passes: true,
    },
  ]),
  "after a failover there is rest": takeOvers("a failover one minute after another", [
    { rule: "SafetyRules", passes: true },
    { rule: "SafetyRules", state: { failovers: [{ atMs: nowMs - 60_000, lossy: false }] } },
  ]),
};
