/** What the approvers of a FailoverGroup must fulfil: each is in the roster, can sign, and there are enough of them. */
import { didYouMean } from "../../names/nearest.ts";
import type { FailoverGroupDocument } from "../failover-group.ts";
import { type ApprovedAction, mayApprove } from "../failover-words.ts";
import type { Finding } from "../problem.ts";
import type { Sovereign } from "../sovereign.ts";
import type { PersonSpec } from "../sovereign-people.ts";
import type { FailoverGroupFacts } from "./failover-group-facts.ts";
import { type DocumentRule, repeats } from "./rule.ts";

export const approvalRules: readonly DocumentRule<FailoverGroupFacts>[] = [
  {
    reason: "UnknownPerson",
    check: ({ group, sovereign }) => {
      if (sovereign === undefined) return [];
      const names = (sovereign.spec.people ?? []).map(({ name }) => name);
      const listed = names.length === 0 ? "there is none" : names.slice(0, 5).join(", ");
      return named(group).flatMap((person, p) =>
        names.includes(person)
          ? []
          : [
              {
                path: path(p),
                expected: `a person of the Sovereign's \`people\` (${listed})${didYouMean(person, names)}`,
              },
            ],
      );
    },
  },
  {
    reason: "DuplicateApprover",
    check: ({ group }) =>
      repeats(named(group)).map(({ index }) => ({
        path: path(index),
        expected: "each person once: a person's approvals count once",
      })),
  },
  {
    reason: "ApproverWithoutKey",
    check: ({ group, sovereign }) =>
      named(group).flatMap((name, p) => {
        const person = sovereign?.spec.people?.find((candidate) => candidate.name === name);
        if (person === undefined || (person.sshKeys ?? []).length > 0) return [];
        const found = `${name}, who has no key`;
        return [{ path: path(p), found, expected: "a person with a key in `sshKeys`" }];
      }),
  },
  { reason: "TooFewApprovers", check: checkEnough },
];

const path = (index: number) => ["spec", "approvals", "approvers", index];

function named(group: FailoverGroupDocument): readonly string[] {
  return group.spec.approvals.approvers ?? [];
}

/** The people whose approvals count for a group: those that it names, else everybody; nobody without a key. */
export function approversOf(
  group: FailoverGroupDocument,
  sovereign: Sovereign | undefined,
): readonly PersonSpec[] {
  const { approvers } = group.spec.approvals;
  return (sovereign?.spec.people ?? []).filter(
    ({ name, sshKeys }) =>
      (sshKeys ?? []).length > 0 && (approvers === undefined || approvers.includes(name)),
  );
}

/** How many of a group's approvers may approve an action. */
export function countOf(
  { group, sovereign }: FailoverGroupFacts,
  action: ApprovedAction,
  lossy: boolean,
): number {
  return approversOf(group, sovereign).filter(({ roles }) => mayApprove(roles, action, lossy))
    .length;
}

/** Under `semiAutomatic` a failover that nobody can approve never happens. */
function checkEnough(facts: FailoverGroupFacts): readonly Finding[] {
  const { mode, approvals } = facts.group.spec;
  if (facts.sovereign === undefined || mode !== "semiAutomatic") return [];
  const count = countOf(facts, "failover", false);
  if (count >= approvals.semiAutomatic) return [];
  return [
    {
      path: ["spec", "approvals", "semiAutomatic"],
      found: `${count} ${count === 1 ? "person" : "people"} with a key and a role`,
      expected: `at least ${approvals.semiAutomatic} who can approve a failover; add people to the Sovereign, or choose the mode manual or automatic`,
    },
  ];
}
