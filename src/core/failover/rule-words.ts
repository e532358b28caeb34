/** What a person does about a rule that stands against taking over (facts of failover §4 row 16): *what would change it?* */

type RuleWords = {
  /** Whether time alone changes it. */
  readonly passes: boolean;
  /** Whether a person's word changes it. */
  readonly peopleDecide: boolean;
  readonly change: string;
};

const words = (change: string, parts: Partial<RuleWords> = {}): RuleWords => ({
  passes: false,
  peopleDecide: false,
  change,
  ...parts,
});

/** By the name of the rule, as judgements say it. */
export const ruleWords: Readonly<Record<string, RuleWords>> = {
  Armed: words("arm the region: `sovereign failover arm --region {region}`", {
    peopleDecide: true,
  }),
  WatchdogAnswers: words("it comes back by itself once its watchdog answers again", {
    passes: true,
  }),
  PromiseBinds: words(
    "the peer gives the promise back when it is on a live lease again; if the peer is gone, people take over without the witness: `sovereign failover take-over --region {region} --without-witness --peer-is-fenced`",
    { peopleDecide: true },
  ),
  OpenRoundBinds: words(
    "the peer answers that it is free; if it can not, and does not write, close the round: `sovereign failover close-round --region {region}`",
    { peopleDecide: true },
  ),
  Outwaited: words("time: the lease has to be seen unchanged until it has surely run out", {
    passes: true,
  }),
  EpochNeverBack: words(
    "the witness lost its memory: look who writes, then take over by hand: `sovereign failover take-over --region {region}`",
    { peopleDecide: true },
  ),
  ModeAllows: words("people approve it: `sovereign failover approve failover`", {
    peopleDecide: true,
  }),
  DataIsSafe: words(
    "the peer's commits wait for this region again, or people accept the loss: `sovereign failover approve failover --max-loss-bytes …`",
    { peopleDecide: true },
  ),
  SafetyRules: words(
    "the rest after the last failover ends; or people order it: `sovereign failover take-over --region {region}`",
    { passes: true, peopleDecide: true },
  ),
  DnsEvidence: words("public resolvers no longer show the peer's signed answer", { passes: true }),
  SelfVisible: words("public resolvers reach this region: look at its network and name servers"),
  Ready: words("what is in the way is repaired; readiness is looked at again by itself"),
  WitnessIsOutside: words("the witness moves out of the two regions, or people take over by hand", {
    peopleDecide: true,
  }),
  WitnessAnswers: words(
    "the witness answers again; without it nobody takes over by itself (DESIGN §7.3)",
  ),
  Serving: words("the region that is to hand over serves under a lease of the witness"),
  PeerInStep: words("the standby catches up, so that every commit waits for it again"),
  NotFrozen: words("the freeze window ends; documents in Git say when"),
  PeerAnswers: words("the other region's agent answers"),
  PeerReady: words("the other region is armed and its data could be promoted"),
  FailbackAllowed: words("the group's document allows it: `failback: { policy: approved, to: … }`"),
  InStepLongEnough: words("time: the standby stays in step", { passes: true }),
  Approved: words(
    "people approve it: `sovereign failover approve takeOverWithoutWitness --max-loss-bytes …`",
    { peopleDecide: true },
  ),
  PeerIsBound: words("people state that the peer is fenced: `--peer-is-fenced`", {
    peopleDecide: true,
  }),
};

/** What would change the outcome of a rule, for a region; undefined for a rule that nobody here knows. */
export function changeOf(rule: string, region: string): string | undefined {
  const known = Object.hasOwn(ruleWords, rule) ? ruleWords[rule] : undefined;
  return known?.change.replaceAll("{region}", region);
}
