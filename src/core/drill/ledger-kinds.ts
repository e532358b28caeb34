/**
 * The drills that count writes: what each breaks, what has to come of it, and how long it is held. One table, from which the
 * command line, the runner, the verdicts and the guide are made.
 */

/** What the sandbox can be asked to break; `restart` and the orders are the runner's own. */
export const ledgerFaults = [
  "kill",
  "hang",
  "agent-kill",
  "agent-hang",
  "agent-clock",
  "database-kill",
  "witness-loss",
  "witness-cut",
  "peer-cut",
  "client-cut",
  "all-cut",
  "heartbeat-cut",
] as const;
export type LedgerFault = (typeof ledgerFaults)[number];

export const ledgerKinds = [
  "region-kill",
  "region-hang",
  "returning-region",
  "region-partition",
  "witness-loss",
  "witness-cut",
  "peer-cut",
  "client-cut",
  "asymmetric-dns",
  "standby-loss",
  "database-kill",
  "agent-restart",
  "agent-hang",
  "clock-step",
  "planned-switchover",
  "failback",
  "lossy-failover",
  "api-server-down",
] as const;
export type LedgerKind = (typeof ledgerKinds)[number];

/** How long the break lasts; `leases` counts the TTL of the group's lease. */
export type Hold =
  | { readonly until: "moved" }
  | { readonly until: "past"; readonly leases: number; readonly atLeastMs: number };

export type LedgerKindFacts = {
  /** One sentence for the command line. */
  readonly breaks: string;
  /** What has to come of it, one sentence. */
  readonly expects: string;
  /** The region that it is done to, by what it is at that moment. */
  readonly aims: "active" | "standby";
  readonly how:
    | { readonly by: "fault"; readonly fault: LedgerFault }
    | { readonly by: "restarts"; readonly times: number }
    | { readonly by: "order"; readonly order: "switchover" | "failback" }
    /** The standby falls behind, the active region dies, and people decide: what is lost is stated and approved. */
    | { readonly by: "people" }
    /** API servers stop, of both regions and then of the standby alone, during a switchover and while the active region dies. */
    | { readonly by: "apiServers" }
    /** The wall clock of the agent that serves is stepped by each of these, and back. */
    | { readonly by: "clock"; readonly stepSeconds: readonly number[] };
  readonly hold: Hold;
  /** Whether another region has to write afterwards. */
  readonly writer: "moves" | "stays" | "either";
  /** `none`: not a single write may fail. `stalls`: for the stated time. `while broken`: as long as it lasts. */
  readonly failures: "none" | "stalls" | "whileBroken";
  /** The past participle: `killed`, `cut off from the witness`. */
  readonly words: string;
  /** Whether the region is away and comes back, so that it has to come back fenced. */
  readonly returns: boolean;
};

const leases = (count: number): Hold => ({ until: "past", leases: count, atLeastMs: 0 });
const moved: Hold = { until: "moved" };
const fault = (name: LedgerFault): LedgerKindFacts["how"] => ({ by: "fault", fault: name });

const lost = {
  aims: "active",
  hold: moved,
  writer: "moves",
  failures: "whileBroken",
  returns: true,
} as const satisfies Partial<LedgerKindFacts>;

const harmless = {
  aims: "active",
  hold: leases(2),
  writer: "stays",
  failures: "none",
  returns: false,
} as const satisfies Partial<LedgerKindFacts>;

export const ledgerKindFacts: Readonly<Record<LedgerKind, LedgerKindFacts>> = {
  "region-kill": {
    ...lost,
    how: fault("kill"),
    words: "killed",
    breaks: "Kill every process of the active region: database, agent, watchdog, name server.",
    expects: "The other region writes within the target, and nothing acknowledged is lost.",
  },
  "region-hang": {
    ...lost,
    how: fault("hang"),
    words: "hung",
    breaks: "Stop every process of the active region without ending it, watchdog included.",
    expects: "The other region writes; when the old one goes on, it writes nothing more.",
  },
  "returning-region": {
    ...lost,
    how: fault("kill"),
    words: "killed and brought back",
    breaks: "Kill the active region, bring it back, and wait until its copy follows again.",
    expects: "It comes back fenced, acknowledges nothing, and follows the new writer.",
  },
  "region-partition": {
    ...lost,
    how: fault("all-cut"),
    words: "cut off from witness, peer and clients",
    breaks: "Cut the active region off from witness, peer and clients while it goes on running.",
    expects: "It fences itself before the other region writes.",
  },
  "witness-loss": {
    ...harmless,
    how: fault("witness-loss"),
    words: "left without the witness, as the other region",
    breaks: "End the witness for two leases.",
    expects: "The active region goes on; not a single write fails.",
  },
  "witness-cut": {
    ...harmless,
    how: fault("witness-cut"),
    words: "cut off from the witness",
    breaks: "Cut the active region off from the witness for two leases.",
    expects: "The peer stands back, the active region goes on; not a single write fails.",
  },
  "peer-cut": {
    ...harmless,
    how: fault("peer-cut"),
    failures: "stalls",
    words: "cut off from its peer",
    breaks: "Cut the regions off from each other, replication included.",
    expects: "Commits stall until the witness has it recorded, then go on without the standby.",
  },
  "client-cut": {
    ...harmless,
    how: fault("client-cut"),
    failures: "whileBroken",
    words: "cut off from its clients",
    breaks: "Cut the active region off from clients and probes; it keeps witness and peer.",
    expects: "Authority stays, and so does the answer; writes go on once the way is back.",
  },
  "asymmetric-dns": {
    ...harmless,
    how: fault("heartbeat-cut"),
    words: "seen by one resolver only",
    breaks: "Let only one resolver see the active region's heartbeat for two leases.",
    expects: "Nobody takes over on a silence in DNS; not a single write fails.",
  },
  "standby-loss": {
    ...harmless,
    how: fault("database-kill"),
    aims: "standby",
    failures: "stalls",
    words: "without its database",
    breaks: "Kill the standby's database.",
    expects:
      "Commits stall until the witness has it recorded, then go on; it is back in step after.",
  },
  "database-kill": {
    ...harmless,
    how: fault("database-kill"),
    writer: "either",
    failures: "whileBroken",
    words: "without its database",
    breaks: "Kill the active region's database under load.",
    expects: "Nothing acknowledged is lost, whoever writes next.",
  },
  "agent-restart": {
    ...harmless,
    how: { by: "restarts", times: 50 },
    hold: leases(0),
    words: "given a new agent again and again",
    breaks: "Kill the active region's agent and start it again, 50 times, beside its watchdog.",
    expects: "Each new agent takes the tenure over; not a single write fails.",
  },
  "agent-hang": {
    ...lost,
    how: fault("agent-hang"),
    hold: { until: "past", leases: 0, atLeastMs: 60_000 },
    words: "left with an agent that hangs",
    breaks: "Stop the active region's agent for 60 s; its watchdog goes on.",
    expects:
      "The watchdog fences at the deadline, the other region writes, the old one never again.",
  },
  "clock-step": {
    ...harmless,
    how: { by: "clock", stepSeconds: [60, -60, 3_600, -3_600] },
    hold: leases(0),
    writer: "either",
    failures: "whileBroken",
    words: "given another wall clock",
    breaks: "Step the wall clock of the agent that serves, by a minute and an hour, both ways.",
    expects: "The lease counts as lost at once; two regions never write.",
  },
  "planned-switchover": {
    ...lost,
    how: { by: "order", order: "switchover" },
    returns: false,
    words: "told to hand over",
    breaks: "Order a switchover, signed by a person, under load.",
    expects: "The other region writes after a short gap; nothing is lost.",
  },
  failback: {
    ...lost,
    how: { by: "order", order: "failback" },
    returns: false,
    words: "told to hand back",
    breaks: "Order the group back to where it was before, signed by a person, under load.",
    expects: "The first region writes again after a short gap; nothing is lost.",
  },
  "lossy-failover": {
    ...lost,
    how: { by: "people" },
    words: "killed while its standby was behind",
    breaks: "Cut the regions off from each other, write on, then kill the active region.",
    expects:
      "Nobody takes over until two people approved the stated loss; no more than that is lost.",
  },
  "api-server-down": {
    ...lost,
    how: { by: "apiServers" },
    // It ends by itself, once the other region writes.
    hold: leases(0),
    writer: "either",
    returns: false,
    words: "killed while the standby's API server was down",
    breaks: "Stop both API servers, then the standby's in a switchover, then as the active dies.",
    expects:
      "Renewal goes on; whoever can not make a promise durable takes over nothing, and says so.",
  },
};

/** Whether acknowledged writes may be lost by the kind: stated before, and approved by people. */
export function mayLoseWrites(kind: LedgerKind): boolean {
  return ledgerKindFacts[kind].how.by === "people";
}

/** Seconds by which a hold is shorter under `--fast`; whoever shortens says so in the report. */
export const fastHoldMs = 30_000;

/** Where writes may be lost: how long the standby is left behind, and how long nobody may take over with too few approvals. */
export const lossyPauseMs = (fast: boolean): number => (fast ? 4_000 : 10_000);

/** How long a break is held when it is not ended by what happens. */
export function holdMs(kind: LedgerKind, leaseTtlMs: number, fast: boolean): number | undefined {
  const { hold } = ledgerKindFacts[kind];
  if (hold.until === "moved") return undefined;
  const atLeastMs = fast ? Math.min(hold.atLeastMs, fastHoldMs) : hold.atLeastMs;
  return Math.max(hold.leases * leaseTtlMs, atLeastMs);
}
