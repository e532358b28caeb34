/**
 * Why a name is answered as it is: from the document over placement, code and health to the live answer of each
 * server, with the whole trace. Facts in, explanation out; the CLI only renders it.
 */
import type { FailureJson } from "../kernel/failure.ts";
import { decide, type Rule, type Verdict } from "../kernel/verdict.ts";
import { printable } from "../resources/document.ts";
import { type AnswerJudgement, judgeAnswer } from "./answer.ts";
import { type Choice, chooseAnswer } from "./choice.ts";
import { asStored } from "./fallback-kept.ts";
import { type Health, type HealthView, nothingKnown } from "./health.ts";
import { idiomWords, leaseWords } from "./idiom-words.ts";
import { type AddressType, addressTypes } from "./idioms.ts";
import type { DnsAnswer, Rrset } from "./model.ts";
import { planZone } from "./plan.ts";
import { writeProbeUrl } from "./probe.ts";
import { answerCode } from "./records.ts";
import type { DesiredApplication, DesiredZone } from "./zone.ts";

/** A question without an answer, and why. */
export type Unanswered = { readonly unanswered: FailureJson };

/** What one server was seen to hold and to answer; what could not be asked says why. */
export type ServerEvidence = {
  readonly server: string;
  /** All rrsets of its zone, or why they were not read. */
  readonly stored: readonly Rrset[] | { readonly unread: string };
  readonly answers: Readonly<Record<AddressType, DnsAnswer | Unanswered>>;
  readonly health: HealthView | undefined;
};

export type StoredState = {
  /** `warming`: the answer follows a change once the health of its new checks is known. */
  readonly state: "equal" | "warming" | "drift" | "conflict" | "unread";
  readonly because: string;
  /** Whether the answer itself comes from somebody else's record. */
  readonly answersForeign: boolean;
};

export type BackendView = {
  readonly address: string;
  readonly cluster: string;
  readonly health: Health;
};

export type FamilyExplanation = {
  readonly type: AddressType;
  readonly backends: readonly BackendView[];
  readonly answered: readonly string[];
  readonly choice: Choice;
  /** The rule that speaks for this answer, one of the choice or of the trace. */
  readonly reason: { readonly rule: string; readonly because: string };
  readonly verdict: Verdict;
};

export type ServerExplanation = {
  readonly server: string;
  readonly stored: StoredState;
  readonly families: readonly FamilyExplanation[];
};

export type Explanation = {
  readonly application: string;
  readonly fqdn: string;
  /** `file:line` of the document. */
  readonly origin: string;
  readonly placement: string;
  readonly regions: readonly string[];
  /** What the placement means, one sentence. */
  readonly idiom: string;
  readonly probeUrl: string | undefined;
  /** Why the probe is the Sovereign's shared one; undefined when it is the Application's own. */
  readonly probeShared: string | undefined;
  /** How a failover group's lease decides; undefined when the Application's own health does. */
  readonly lease: { readonly group: string; readonly because: string } | undefined;
  readonly code: Readonly<Record<AddressType, string | undefined>>;
  readonly servers: readonly ServerExplanation[];
  /** Whether every server answers, and every answer is in the plan. */
  readonly right: boolean;
  /** The first failure to answer when that is all that is wrong. */
  readonly silent: (FailureJson & { readonly server: string }) | undefined;
};

/** Everything that is known about the answer of one Application's name. */
export function explainName(
  desired: DesiredZone,
  application: DesiredApplication,
  evidence: readonly ServerEvidence[],
): Explanation {
  const servers = evidence.map((one) => explainServer(desired, application, one));
  const isPlain = application.placement === "single-region";
  return {
    application: application.application,
    fqdn: application.fqdn,
    origin: printable(`${application.origin.file}:${application.origin.line}`),
    placement: application.placement,
    regions: application.regions.map(({ cluster }) => cluster),
    idiom: idiomWords(application),
    probeUrl: isPlain ? undefined : writeProbeUrl(application.probe),
    probeShared: application.sharesProbe === true ? desired.checks.because : undefined,
    lease: leaseOf(application),
    code: { A: answerCode(application, "A"), AAAA: answerCode(application, "AAAA") },
    servers,
    right: servers.every(({ families }) => families.every(isRight)),
    silent: silenceOf(servers, evidence),
  };
}

function leaseOf({ lease, placement }: DesiredApplication): Explanation["lease"] {
  if (lease === undefined) return undefined;
  const { group, isProbed } = lease;
  return { group, because: leaseWords(placement, isProbed) };
}

function isRight({ verdict }: FamilyExplanation): boolean {
  return verdict.kind === "allowed";
}

function silenceOf(
  servers: readonly ServerExplanation[],
  evidence: readonly ServerEvidence[],
): Explanation["silent"] {
  const wrong = servers.flatMap(({ families }) => families.filter((one) => !isRight(one)));
  if (wrong.some(({ verdict }) => verdict.reason !== "Answered")) return undefined;
  for (const { server, answers } of evidence) {
    const silent = addressTypes.map((type) => answers[type]).find((one) => "unanswered" in one);
    if (silent !== undefined && "unanswered" in silent) return { server, ...silent.unanswered };
  }
  return undefined;
}

function explainServer(
  desired: DesiredZone,
  declared: DesiredApplication,
  evidence: ServerEvidence,
): ServerExplanation {
  const stored = storedState(desired, declared, evidence);
  // Each server keeps its own order of last resort, and only its record says which.
  const application =
    "unread" in evidence.stored ? declared : asStored(declared, namedIn(evidence.stored, declared));
  return {
    server: evidence.server,
    stored,
    families: addressTypes
      .filter((type) => application.expected[type].length > 0 || hasAnswer(evidence, type))
      .map((type) => explainFamily(application, type, evidence, stored)),
  };
}

function namedIn(stored: readonly Rrset[], { rrsets }: DesiredApplication): readonly Rrset[] {
  const names = new Set(rrsets.map(({ name }) => name));
  return stored.filter(({ name }) => names.has(name));
}

function hasAnswer(evidence: ServerEvidence, type: AddressType): boolean {
  const answer = evidence.answers[type];
  return "records" in answer && answer.records.some((record) => record.type === type);
}

/** The stored records of this name against the desired ones: the plan for this one Application. */
function storedState(
  desired: DesiredZone,
  application: DesiredApplication,
  { stored }: ServerEvidence,
): StoredState {
  if ("unread" in stored) return { state: "unread", because: stored.unread, answersForeign: false };
  const own = { ...desired, applications: [application], refusals: [] };
  const options = { holdRemovals: true, warm: new Map<string, string>() };
  const { changes, conflicts, warming } = planZone(own, stored, options);
  const answersForeign = conflicts.some(({ name }) => name === `${application.fqdn}.`);
  const [conflict] = conflicts;
  if (conflict !== undefined)
    return { state: "conflict", because: conflict.because, answersForeign };
  const [waiting] = warming;
  const [first] = changes.filter(({ reason }) => reason !== "ChecksWarmUp");
  if (first === undefined && waiting !== undefined) {
    return { state: "warming", because: waiting.because, answersForeign };
  }
  return first === undefined
    ? { state: "equal", because: "the stored records are those of the plan", answersForeign }
    : { state: "drift", because: first.because, answersForeign };
}

type FamilyFacts = {
  readonly answer: DnsAnswer | Unanswered;
  readonly judgement: AnswerJudgement | undefined;
  readonly choice: Choice;
  readonly stored: StoredState;
};

function explainFamily(
  application: DesiredApplication,
  type: AddressType,
  evidence: ServerEvidence,
  stored: StoredState,
): FamilyExplanation {
  const health = evidence.health ?? nothingKnown;
  const answer = evidence.answers[type];
  const judgement =
    "unanswered" in answer ? undefined : judgeAnswer(type, application.expected[type], answer);
  const choice = stored.answersForeign
    ? foreignChoice(stored.because)
    : chooseAnswer(application, type, health);
  const verdict = decide(rules, { answer, judgement, choice, stored });
  return {
    type,
    backends: application.regions.flatMap(({ cluster, addresses }) =>
      addresses[type].map((address) => ({
        address,
        cluster,
        health: health[type].get(address) ?? "unknown",
      })),
    ),
    answered: judgement?.addresses ?? [],
    choice,
    reason: reasonOf(choice, verdict),
    verdict,
  };
}

/** What is wrong, else why the answer differs from what the rule chooses, else the rule itself. */
function reasonOf(choice: Choice, verdict: Verdict): FamilyExplanation["reason"] {
  if (verdict.kind === "refused") return { rule: verdict.reason, because: verdict.because };
  const follows = verdict.trace.find(({ rule }) => rule === "FollowsHealth");
  const lags = follows?.outcome === "notApplicable" && choice.addresses !== undefined;
  return lags ? { rule: follows.rule, because: follows.because } : choice;
}

/** No rule of ours has chosen what somebody else's record answers. */
function foreignChoice(because: string): Choice {
  return { rule: "ForeignRecord", because, addresses: undefined, clusters: [] };
}

/** Why an answer is not the one that the rule chooses, as far as it can be known. */
function lagOf({ state, because }: StoredState): string {
  const changed = "health changed between two questions";
  switch (state) {
    case "equal":
      return `${changed}; ask again`;
    case "unread":
      return `${changed}, or the record, which was not read, is another; ask again`;
    case "warming":
    case "drift":
    case "conflict":
      return `${changed}, or it is because ${because}`;
  }
}

/** Only what is wrong with an answer refuses it; drift and a moment's lag behind health are told, not refused. */
const rules: readonly Rule<FamilyFacts>[] = [
  {
    rule: "Answered",
    evaluate: ({ answer }) =>
      "unanswered" in answer
        ? { outcome: "failed", because: answer.unanswered.message }
        : { outcome: "passed", because: `the server answered ${answer.rcode}` },
  },
  {
    rule: "InPlan",
    evaluate: ({ judgement }) => {
      if (judgement === undefined) return { outcome: "notApplicable", because: "no answer" };
      const outcome = judgement.right ? "passed" : "failed";
      return { outcome, because: judgement.because };
    },
  },
  {
    rule: "FollowsHealth",
    evaluate: ({ judgement, choice, stored }) => {
      const { addresses, alternatives } = choice;
      if (judgement === undefined || addresses === undefined || choice.rule === "NoSuchFamily") {
        return { outcome: "notApplicable", because: choice.because };
      }
      const same = (alternatives ?? [addresses]).some(
        (one) =>
          judgement.addresses.length === new Set(one).size &&
          one.every((address) => judgement.addresses.includes(address)),
      );
      return same
        ? { outcome: "passed", because: choice.because }
        : { outcome: "notApplicable", because: lagOf(stored) };
    },
  },
  {
    rule: "StoredAsPlanned",
    evaluate: ({ stored }) => ({
      outcome: stored.state === "equal" ? "passed" : "notApplicable",
      because: stored.because,
    }),
  },
];
