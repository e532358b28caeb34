import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readPeopleReport } from "./people-report.ts";
import { serving } from "./rehearsal.ts";
import { reportOf } from "./rehearsal-report.ts";
import { changeOf } from "./rule-words.ts";

const { here, a, b } = serving("sticky", {
  failback: { policy: "approved", to: "a", inStepForMs: 60_000 },
});
here.give(b, {
  type: "approved",
  approval: {
    person: "ada",
    group: "shop",
    action: "failover",
    expectedEpoch: 1,
    maxLossBytes: Number.MAX_SAFE_INTEGER,
    expiresAtMs: here.nowMs + 60_000,
    nonce: "abcdefghijklmnop",
  },
});
const approvers = [{ person: "ada", roles: ["sre"], keys: ["key"] }] as const;

describe.each([
  ["the region that serves", a],
  ["the standby", b],
])("the report of %s", (_, actor) => {
  const report = reportOf(here, actor, { approvers });
  const sent = JSON.parse(JSON.stringify(report)) as unknown;

  test("is read as it was sent, as far as people are told of it", () => {
    const read = readPeopleReport(sent);
    if (!read.ok) throw new Error(read.because);
    expect(read.value.people).toEqual(report.people);
    expect(read.value).toMatchObject({ cluster: report.cluster, evidence: report.evidence });
  });

  test("never holds a key of a person", () => {
    expect(JSON.stringify(report)).not.toMatch(/"keys?"/);
  });

  test("may say more, as a newer agent does", () => {
    expect(readPeopleReport({ ...report, more: 1 }).ok).toBe(true);
  });
});

test("a report without what people are told is refused with its field", () => {
  const { people, ...rest } = reportOf(here, b);
  expect(people).toBeDefined();
  expect(readPeopleReport(rest)).toMatchObject({
    ok: false,
    because: expect.stringMatching(/^people/),
  });
});

test("nothing that is no report makes reading throw", () => {
  fc.assert(fc.property(fc.jsonValue(), (json) => !readPeopleReport(json).ok));
});

test("for every rule of a take-over it is said what would change it", () => {
  for (const { rule } of reportOf(here, b).people.judgement ?? []) {
    expect(changeOf(rule, "b"), rule).toBeDefined();
  }
  expect(changeOf("toString", "b")).toBeUndefined();
});
