import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type ApprovalNeed,
  type Approver,
  type CheckedApproval,
  countApprovals,
} from "./approvals.ts";

const ada: Approver = { person: "ada", roles: ["dataOwner"], keys: ["key-a"] };
const grace: Approver = { person: "grace", roles: ["sovereignAdmin"], keys: ["key-g"] };
const linus: Approver = { person: "linus", roles: ["sre"], keys: ["key-l"] };
const need: ApprovalNeed = {
  group: "payments-prod",
  action: "failover",
  epoch: 7,
  lossBytes: 4_096,
  wallAtMs: 1_000_000,
  people: 2,
  approvers: [ada, grace, linus],
  usedNonces: new Set(["used"]),
};
const approval = (person: string, more: Partial<CheckedApproval> = {}): CheckedApproval => ({
  person,
  group: "payments-prod",
  action: "failover",
  expectedEpoch: 7,
  maxLossBytes: 8_192,
  expiresAtMs: 2_000_000,
  nonce: `nonce-of-${person}`,
  ...more,
});

test.each<[string, CheckedApproval, Partial<ApprovalNeed>, RegExp]>([
  ["a person who is no approver", approval("mallory"), {}, /mallory is not an approver/],
  [
    "a person whose role accepts no loss",
    approval("linus"),
    {},
    /no role that may approve failover with a loss/,
  ],
  [
    "a person whose role does not re-arm",
    approval("ada", { action: "rearm" }),
    { action: "rearm", lossBytes: 0 },
    /ada has no role that may approve rearm$/,
  ],
  [
    "a key that left the roster",
    approval("ada", { key: "key-old" }),
    {},
    /not in the roster any more/,
  ],
  ["another group", approval("ada", { group: "orders-prod" }), {}, /it is for orders-prod/],
  ["another action", approval("ada", { action: "switchover" }), {}, /it is for switchover/],
  ["an older epoch", approval("ada", { expectedEpoch: 6 }), {}, /epoch 6, and now is 7/],
  ["a later epoch", approval("ada", { expectedEpoch: 8 }), {}, /epoch 8, and now is 7/],
  [
    "fewer bytes than would be lost",
    approval("ada", { maxLossBytes: 4_095 }),
    {},
    /4095 bytes, and this is a loss of 4096 bytes/,
  ],
  ["a loss that nobody knows", approval("ada"), { lossBytes: null }, /a loss that is not known/],
  [
    "the moment at which it runs out",
    approval("ada", { expiresAtMs: 1_000_000 }),
    {},
    /it ran out at 1970-01-01T00:16:40\.000Z/,
  ],
  ["a nonce that was used", approval("ada", { nonce: "used" }), {}, /it has been used/],
])("an approval of %s does not count, and says why", (_, one, change, words) => {
  const { verdict, counted } = countApprovals({ ...need, people: 1, ...change }, [one]);
  expect(counted).toEqual([]);
  expect(verdict).toMatchObject({ kind: "refused", reason: "EnoughApprovals" });
  expect(verdict.trace[0]?.because).toMatch(words);
});

test("all that is wrong with one approval is said at once", () => {
  const one = approval("mallory", { group: "x", expectedEpoch: 1, expiresAtMs: 0 });
  const [row] = countApprovals(need, [one]).verdict.trace;
  expect(row?.because.split("; ")).toHaveLength(4);
});

test.each<[string, readonly CheckedApproval[], number]>([
  ["none", [], 0],
  ["two of one person", [approval("ada"), approval("ada", { nonce: "other" })], 1],
  [
    "two people with one key",
    [approval("ada", { key: "key-a" }), approval("grace", { key: "key-a" })],
    1,
  ],
  [
    "two people with one nonce",
    [approval("ada", { nonce: "n" }), approval("grace", { nonce: "n" })],
    1,
  ],
  [
    "a good one beside a bad one of the same person",
    [approval("ada", { expectedEpoch: 1, nonce: "a" }), approval("ada")],
    1,
  ],
  ["two people", [approval("ada"), approval("grace")], 2],
])("%s: so many people approved", (_, approvals, people) => {
  const approvers = [ada, { ...grace, keys: ["key-g", "key-a"] }, linus];
  const { verdict, counted } = countApprovals({ ...need, approvers }, approvals);
  expect(counted).toHaveLength(people);
  expect(verdict.kind).toBe(people >= 2 ? "allowed" : "refused");
  expect(verdict.because).toBe(
    `${people} of 2 people approved failover of payments-prod at epoch 7 with a loss of 4096 bytes`,
  );
});

test("a lossless failover takes the word of an sre", () => {
  const { verdict } = countApprovals({ ...need, lossBytes: 0, people: 1 }, [approval("linus")]);
  expect(verdict).toMatchObject({ kind: "allowed", reason: "Allowed" });
});

describe("for any approvals", () => {
  const approvals = fc.array(
    fc.record({
      person: fc.constantFrom("ada", "grace", "linus", "mallory"),
      group: fc.constantFrom("payments-prod", "orders-prod"),
      action: fc.constantFrom<CheckedApproval["action"]>("failover", "switchover"),
      expectedEpoch: fc.constantFrom(6, 7),
      maxLossBytes: fc.constantFrom(0, 4_096),
      expiresAtMs: fc.constantFrom(999_999, 2_000_000),
      nonce: fc.constantFrom("a", "b", "c", "used"),
    }),
    { maxLength: 8 },
  );

  test("the order of arrival changes nothing, nobody counts twice, and what is used counts never again", () => {
    fc.assert(
      fc.property(approvals, fc.func(fc.nat()), (all, rank) => {
        const first = countApprovals(need, all);
        const shuffled = [...all].sort((a, b) => rank(a) - rank(b));
        expect(countApprovals(need, shuffled)).toEqual(first);
        const people = first.counted.map(({ person }) => person);
        expect(new Set(people).size).toBe(people.length);
        expect(first.verdict.trace).toHaveLength(all.length + 1);
        const usedNonces = new Set([
          ...need.usedNonces,
          ...first.counted.map(({ nonce }) => nonce),
        ]);
        for (const { nonce } of countApprovals({ ...need, usedNonces }, all).counted) {
          expect(first.counted.map((one) => one.nonce)).not.toContain(nonce);
        }
      }),
    );
  });
});
