import { describe, expect, test } from "vitest";
import { emptyLease } from "../lease/record.ts";
import type { Approval } from "./approval.ts";
import { approvalsFor, approvedPeople } from "./approved.ts";
import { clearRecord, stage } from "./rehearsal.ts";

const wallAtMs = 1_800_000_000_000;
const approval = (change: Partial<Approval> = {}): Approval => ({
  person: "ada",
  group: "shop",
  action: "failover",
  expectedEpoch: 4,
  maxLossBytes: 1_000,
  expiresAtMs: wallAtMs + 60_000,
  nonce: "n1",
  ...change,
});

function facts(approvals: readonly Approval[], used: readonly string[] = []) {
  const here = stage("sticky");
  const { context, state } = here.actor("a");
  const record = { ...emptyLease("shop"), epoch: 4, rev: 1, note: { used: [...used] } };
  const witness = { ...state.witness, seen: { record, sinceAtMs: 0 } };
  return { context, state: { ...state, approvals, witness }, wallAtMs };
}

test("an approval of what is done now counts", () => {
  expect(approvedPeople(facts([approval()]), "failover", 1_000)).toBe(1);
});

describe("an approval does not count", () => {
  test.each<[string, Partial<Approval>]>([
    ["for another group", { group: "mail" }],
    ["for another action", { action: "switchover" }],
    ["that was given at an older epoch", { expectedEpoch: 3 }],
    ["that was given at a newer epoch", { expectedEpoch: 5 }],
    ["that ran out this moment", { expiresAtMs: wallAtMs }],
    ["for fewer bytes than would be lost", { maxLossBytes: 999 }],
  ])("%s", (_, change) => {
    expect(approvedPeople(facts([approval(change)]), "failover", 1_000)).toBe(0);
  });

  test("that was used before", () => {
    expect(approvedPeople(facts([approval()], ["n1"]), "failover", 0)).toBe(0);
  });
});

test("two approvals of one person are one", () => {
  const twice = [approval(), approval({ nonce: "n2" })];
  expect(approvalsFor(facts(twice), "failover", 0).map(({ nonce }) => nonce)).toEqual(["n2"]);
});

test("two people are two", () => {
  const two = [approval(), approval({ person: "grace", nonce: "n2" })];
  expect(approvedPeople(facts(two), "failover", 0)).toBe(2);
});

test("where nothing is lost, the bound of an approval does not matter", () => {
  expect(approvedPeople(facts([approval({ maxLossBytes: 0 })]), "failover", null)).toBe(1);
});

test("where this region knows of a later epoch than the witness, that one is approved", () => {
  const seen = facts([approval(), approval({ person: "grace", expectedEpoch: 5, nonce: "n2" })]);
  const record = { ...clearRecord, epochSeen: 5 };
  const counted = approvalsFor({ ...seen, state: { ...seen.state, record } }, "failover", 0);
  expect(counted.map(({ person }) => person)).toEqual(["grace"]);
});

test("without a witness the epoch is the highest one that the region remembers", () => {
  const seen = facts([approval({ expectedEpoch: 9 })]);
  const here = stage("sticky");
  const a = here.actor("a");
  a.record = a.record === null ? null : { ...a.record, epochSeen: 9 };
  here.restart(a);
  const state = { ...a.state, approvals: seen.state.approvals };
  expect(approvedPeople({ ...seen, state }, "failover", 0)).toBe(1);
});
