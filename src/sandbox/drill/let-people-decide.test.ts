import { describe, expect, test } from "vitest";
import type { PeopleReport } from "../../core/failover/people-report.ts";
import { serving } from "../../core/failover/rehearsal.ts";
import { reportOf } from "../../core/failover/rehearsal-report.ts";
import { letPeopleDecide, undecidable } from "./let-people-decide.ts";

const { here, b } = serving("sticky", { approvals: { semiAutomatic: 1, lossy: 2 } });
const whole: PeopleReport = reportOf(here, b);
const names = ["ada", "grace"];

/** The same report with other words for people. */
function told(change: Partial<PeopleReport["people"]>, hasAuthority = false): PeopleReport {
  const authority = { ...whole.status.authority, kind: hasAuthority ? "lease" : "none" } as const;
  const approvers = names.map((person) => ({ person, roles: ["dataOwner"] as const }));
  const loss = { kind: "something", bytes: 0, because: "not known to be here" } as const;
  const failed = { rule: "DataIsSafe", outcome: "failed", because: "0 of 2" } as const;
  const people = { ...whole.people, approvers, loss, judgement: [failed], ...change };
  return { ...whole, status: { ...whole.status, authority }, people };
}

/** A fake region that takes over once so many people approved, in a world without time. */
function decide(
  takesOverWith: number,
  report: (approvals: number) => PeopleReport = () => told({}),
) {
  const said: string[] = [];
  let approvals = 0;
  const decided = letPeopleDecide(
    {
      people: {
        names,
        approve: async (person, _, { maxLossBytes }) => {
          approvals++;
          said.push(`${person} ${maxLossBytes}`);
        },
        takeOver: async () => void said.push("order"),
      },
      report: async () => (approvals >= takesOverWith ? told({}, true) : report(approvals)),
      until: async (done) => done(),
      nowMs: () => 0,
      tell: () => undefined,
    },
    { lost: "a", region: "b", proveMs: 1, limitMs: 1 },
  );
  return { decided, said };
}

describe("two people and a loss", () => {
  test("one approves, the take-over is ordered and does not come, then the other approves", async () => {
    const { decided, said } = decide(2);
    const { waits, ...rest } = await decided;
    expect(said).toEqual(["ada 1", "order", "grace 1"]);
    expect(rest).toMatchObject({ approvedBy: names, needed: 2, approvedBytes: 1 });
    expect(rest).toMatchObject({ bytes: 0, bytesAreAtLeast: true });
    expect(
      waits.map(({ approvals, isOrdered, tookOver }) => [approvals, isOrdered, tookOver]),
    ).toEqual([
      [0, false, false],
      [1, true, false],
    ]);
  });
  test("nobody else is asked when it takes over for one", async () => {
    const { decided, said } = decide(1);
    expect((await decided).waits.at(-1)).toMatchObject({ approvals: 1, tookOver: true });
    expect(said).not.toContain("grace 1");
  });
  test("nobody is asked when it takes over without anybody", async () => {
    const { decided, said } = decide(0);
    expect((await decided).waits).toMatchObject([{ approvals: 0, tookOver: true }]);
    expect(said).toEqual([]);
  });
  test("people do not decide while something else stands against it, and it is named", async () => {
    const rules = ["DataIsSafe", "Ready"].map(
      (rule) => ({ rule, outcome: "failed", because: "" }) as const,
    );
    const { decided } = decide(2, () => told({ judgement: rules }));
    await expect(decided).rejects.toMatchObject({
      code: "TimedOut",
      message: expect.stringContaining("DataIsSafe, Ready"),
    });
  });
});

describe("a loss that the people of the sandbox can not decide about is refused before anything is broken", () => {
  const lossy = { agoMs: 1_000, lossy: true };
  test.each<[string, PeopleReport | undefined, RegExp | undefined]>([
    ["the agent is silent", undefined, /does not answer/],
    ["there was one today", told({ failovers: [lossy] }), /1 times in 24 hours/],
    ["nobody may approve", told({ approvers: [] }), /has 0 people/],
    ["it was without a loss", told({ failovers: [{ ...lossy, lossy: false }] }), undefined],
    ["it was two days ago", told({ failovers: [{ ...lossy, agoMs: 2e8 }] }), undefined],
  ])("%s", (_, report, because) => {
    const refused = undecidable(report, { names });
    if (because === undefined) expect(refused).toBeUndefined();
    else expect(refused).toMatch(because);
  });
});
