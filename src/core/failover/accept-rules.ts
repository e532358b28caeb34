/** The rules by which an agent takes a signed order or approval; their order is that in which a person would look for the fault. */
import { humanDurationMs } from "../kernel/duration.ts";
import type { Rule, RuleOutcome } from "../kernel/verdict.ts";
import type { Said, Submission } from "./accept-facts.ts";
import type { Approver } from "./approvals.ts";

export type AcceptFacts = Submission & { readonly said: Said };

/** How far ahead the end of an order may be: long enough to sign on another machine, short enough to mean now. */
export const orderHoldsMs = 15 * 60_000;
/** The same of an approval: the second person may have to be woken first. */
export const approvalHoldsMs = 60 * 60_000;

/** The reducer keeps eight approvals and forgets the oldest; more are refused here, so that nobody's is pushed out. */
const approvalsMax = 8;
const approvalsOfPersonMax = 3;
const noncesMax = 256;
const noncesOfPersonMax = 64;

type Outcome = { readonly outcome: RuleOutcome; readonly because: string };
const passedIf = (is: boolean, yes: string, no: string): Outcome =>
  is ? { outcome: "passed", because: yes } : { outcome: "failed", because: no };
const notApplicable = (because: string): Outcome => ({ outcome: "notApplicable", because });

const approverOf = ({ desk, said }: AcceptFacts): Approver | undefined =>
  desk.approvers.find(({ person }) => person === said.person);

export const acceptRules: readonly Rule<AcceptFacts>[] = [
  {
    rule: "PersonIsKnown",
    evaluate: (facts) => {
      const { desk, said } = facts;
      const names = desk.approvers.map(({ person }) => person).join(", ");
      return passedIf(
        approverOf(facts) !== undefined,
        `${said.person} is in the roster`,
        `${said.person} is not among those whose word counts for ${desk.group} (${names === "" ? "nobody is" : names})`,
      );
    },
  },
  {
    rule: "KeyIsOfPerson",
    evaluate: (facts) => {
      const { key, said } = facts;
      if (key === undefined) {
        const because =
          "no key of the roster signed exactly this text: another key, another text, or another namespace";
        return { outcome: "failed", because };
      }
      return passedIf(
        approverOf(facts)?.keys.includes(key) === true,
        `a key of ${said.person} signed it`,
        `it was signed by a key of the roster that is not ${said.person}'s`,
      );
    },
  },
  {
    rule: "RoleGivesIt",
    evaluate: (facts) => {
      const approver = approverOf(facts);
      const { said } = facts;
      if (approver === undefined) return notApplicable("nobody's role is known");
      const roles = approver.roles.join(", ");
      return passedIf(
        said.isGivenBy(approver.roles),
        `${roles} gives ${said.name}`,
        `${said.person} is ${roles}, and that does not give ${said.name}${lossy(facts)}`,
      );
    },
  },
  {
    rule: "RightSovereign",
    evaluate: ({ desk, said }) =>
      passedIf(
        said.sovereign === desk.sovereign,
        `it is for ${desk.sovereign}`,
        `it is for ${said.sovereign}, and this is ${desk.sovereign}`,
      ),
  },
  {
    rule: "RightGroup",
    evaluate: ({ desk, said }) =>
      passedIf(
        said.group === desk.group,
        `it is for ${desk.group}`,
        `it is for the group ${said.group}, and this is ${desk.group}`,
      ),
  },
  {
    rule: "RightRegion",
    evaluate: ({ desk, said }) => {
      if (said.kind === "approval") return notApplicable("an approval is for both regions");
      const { region } = said.order;
      return passedIf(
        region === desk.region,
        `it is for ${desk.region}`,
        `it is for ${region}, and this is ${desk.region}`,
      );
    },
  },
  {
    rule: "NotExpired",
    evaluate: ({ said, wallAtMs }) => {
      const end = new Date(said.expiresAtMs).toISOString();
      const now = new Date(wallAtMs).toISOString();
      return passedIf(
        wallAtMs < said.expiresAtMs,
        `it holds until ${end}`,
        `it ran out at ${end}, and by this agent's clock it is ${now}`,
      );
    },
  },
  {
    rule: "ExpiresSoon",
    evaluate: ({ said, wallAtMs }) => {
      const mostMs = said.kind === "approval" ? approvalHoldsMs : orderHoldsMs;
      const holdsMs = said.expiresAtMs - wallAtMs;
      return passedIf(
        holdsMs <= mostMs,
        `it may hold for ${humanDurationMs(mostMs)}`,
        `it holds for ${humanDurationMs(holdsMs)} by this agent's clock, and ${humanDurationMs(mostMs)} is the most`,
      );
    },
  },
  {
    rule: "NonceIsUnused",
    evaluate: ({ said, memory, desk }) =>
      passedIf(
        !memory.nonces.some(({ nonce }) => nonce === said.nonce) &&
          !desk.usedNonces.includes(said.nonce),
        "its nonce was not used before",
        `its nonce ${said.nonce} was used before`,
      ),
  },
  {
    rule: "EpochIsNotPast",
    evaluate: ({ said, desk }) => {
      if (said.kind === "wish") return notApplicable("an order is about now");
      const { expectedEpoch } = said.approval;
      // A region that is cut off may not know of an epoch yet that the person saw at the other one.
      return passedIf(
        expectedEpoch >= desk.knownEpoch,
        `it was given at epoch ${expectedEpoch}`,
        `it was given at epoch ${expectedEpoch}, and epoch ${desk.knownEpoch} has begun since`,
      );
    },
  },
  {
    rule: "OneKeyOnePerson",
    evaluate: ({ said, key, memory }) => {
      if (said.kind === "wish") return notApplicable("an order is not counted");
      const other = memory.approvals.find(
        (taken) =>
          taken.key === key &&
          taken.person !== said.person &&
          taken.action === said.approval.action &&
          taken.expectedEpoch === said.approval.expectedEpoch,
      );
      return passedIf(
        other === undefined,
        "its key approved this for nobody else",
        `its key approved this for ${other?.person ?? "somebody else"} already, and one key is one person`,
      );
    },
  },
  { rule: "HasRoom", evaluate: hasRoom },
];

function lossy({ said }: AcceptFacts): string {
  const isLossy = said.kind === "approval" && said.approval.maxLossBytes > 0;
  return isLossy ? ` with a loss of up to ${said.approval.maxLossBytes} bytes` : "";
}

/** What was taken is never forgotten before it runs out; so there is an end of what is taken. */
function hasRoom({ said, memory: { nonces, approvals } }: AcceptFacts): Outcome {
  const ofPerson = <One extends { readonly person: string }>(all: readonly One[]): number =>
    all.filter(({ person }) => person === said.person).length;
  const fits = nonces.length < noncesMax && ofPerson(nonces) < noncesOfPersonMax;
  if (said.kind === "wish" || !fits) {
    return passedIf(fits, "there is room for it", `${nonces.length} orders have not run out yet`);
  }
  return passedIf(
    approvals.length < approvalsMax && ofPerson(approvals) < approvalsOfPersonMax,
    "there is room for it",
    `${ofPerson(approvals)} approvals of ${said.person}, and ${approvals.length} in all, have not run out yet`,
  );
}
