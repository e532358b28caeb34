/**
 * Why a name is answered as it is: from the document over placement, code and health to the live answer of each
 * server, with the whole trace. Facts in, explanation out; the CLI only renders it.
 */
import { decide, type Rule, type Verdict } from "../kernel/verdict.ts";
import { type AnswerJudgement, judgeAnswer } from "./answer.ts";
import { type Choice, chooseAnswer } from "./choice.ts";
import { type Health, type HealthView, nothingKnown } from "./health.ts";
import { type AddressType, addressTypes } from "./idioms.ts";
import type { DnsAnswer, Rrset } from "./model.ts";
import { planZone } from "./plan.ts";
import { writeProbeUrl } from "./probe.ts";
import { answerCode } from "./records.ts";
import type { DesiredApplication, DesiredZone } from "./zone.ts";

/** What one server was seen to hold and to answer; what could not be asked says why. */
export type ServerEvidence = {
  readonly server: string;
  /** All rrsets of its zone, or why they were not read. */
  readonly stored: readonly Rrset[] | { readonly unread: string };
  readonly answers: Readonly<Record<AddressType, DnsAnswer | { readonly unanswered: string }>>;
  readonly health: HealthView | undefined;
};

export type StoredState = {
  readonly state: "equal" | "drift" | "conflict" | "unread";
  readonly because: string;
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
  readonly code: Readonly<Record<AddressType, string | undefined>>;
  readonly servers: readonly ServerExplanation[];
  /** Whether every answer of every server is in the plan. */
  readonly right: boolean;
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
    origin: `${application.origin.file}:${application.origin.line}`,
    placement: application.placement,
    regions: application.regions.map(({ cluster }) => cluster),
    idiom: idioms[application.placement],
    probeUrl: isPlain ? undefined : writeProbeUrl(application.probe),
    code: { A: answerCode(application, "A"), AAAA: answerCode(application, "AAAA") },
    servers,
    right: servers.every(({ families }) =>
      families.every(({ verdict }) => verdict.kind === "allowed"),
    ),
  };
}

const idioms: Readonly<Record<DesiredApplication["placement"], string>> = {
  "single-region": "a plain record of the region's load balancer; it does not follow health",
  "active-active": "every address that is up; all of them when none is known to be up",
  "active-hotstandby":
    "the first region in order that is up, and back when it recovers; all are probed all the time",
};

function explainServer(
  desired: DesiredZone,
  application: DesiredApplication,
  evidence: ServerEvidence,
): ServerExplanation {
  const stored = storedState(desired, application, evidence);
  return {
    server: evidence.server,
    stored,
    families: addressTypes
      .filter((type) => application.expected[type].length > 0 || hasAnswer(evidence, type))
      .map((type) => explainFamily(application, type, evidence, stored)),
  };
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
  if ("unread" in stored) return { state: "unread", because: stored.unread };
  const names = new Set(application.rrsets.map((rrset) => rrset.name));
  const own = { ...desired, applications: [application], refusals: [] };
  const { changes, conflicts } = planZone(own, stored, { holdRemovals: true });
  const conflict = conflicts.find(({ name }) => names.has(name));
  if (conflict !== undefined) return { state: "conflict", because: conflict.because };
  const [first] = changes;
  return first === undefined
    ? { state: "equal", because: "the stored records are those of the plan" }
    : { state: "drift", because: first.because };
}

type FamilyFacts = {
  readonly answer: DnsAnswer | { readonly unanswered: string };
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
  const choice = chooseAnswer(application, type, health);
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
    verdict: decide(rules, { answer, judgement, choice, stored }),
  };
}

/** Only what is wrong with an answer refuses it; drift and a moment's lag behind health are told, not refused. */
const rules: readonly Rule<FamilyFacts>[] = [
  {
    rule: "Answered",
    evaluate: ({ answer }) =>
      "unanswered" in answer
        ? { outcome: "failed", because: answer.unanswered }
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
    evaluate: ({ judgement, choice }) => {
      const { addresses } = choice;
      if (judgement === undefined || addresses === undefined || choice.rule === "NoSuchFamily") {
        return { outcome: "notApplicable", because: choice.because };
      }
      const same =
        judgement.addresses.length === new Set(addresses).size &&
        addresses.every((address) => judgement.addresses.includes(address));
      return same
        ? { outcome: "passed", because: choice.because }
        : { outcome: "notApplicable", because: "health changed between two questions; ask again" };
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
