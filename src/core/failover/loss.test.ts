import { describe, expect, test } from "vitest";
import type { JsonObject } from "../kernel/json.ts";
import { emptyLease, type LeaseRecord } from "../lease/record.ts";
import type { ServiceFacts } from "./facts.ts";
import type { GroupService } from "./group.ts";
import { type Loss, lossOf } from "./loss.ts";
import type { AgentRecord } from "./record.ts";
import { clearRecord, factsOf, groupOf, stage } from "./rehearsal.ts";

const ledger: GroupService = {
  name: "ledger",
  kind: "postgresql",
  mayLose: "nothing",
  after: [],
};
const cache: GroupService = { name: "cache", kind: "valkey", mayLose: "everything", after: [] };

type Case = {
  readonly note?: JsonObject;
  readonly epoch?: number;
  readonly unseen?: true;
  readonly here?: Partial<ServiceFacts>;
  readonly unmeasured?: true;
  readonly services?: readonly GroupService[];
  /** What region a remembers. */
  readonly record?: Partial<AgentRecord>;
};

/** What region a would lose. */
function judge(one: Case): Loss {
  const { note = {}, epoch = 4, unseen, here = {}, unmeasured, services, record } = one;
  const scene = stage("sticky");
  const a = scene.actor("a");
  scene.restart(a);
  const shown: LeaseRecord = { ...emptyLease("shop"), epoch, rev: 7, holder: "b", note };
  const group = groupOf("sticky", services === undefined ? {} : { services });
  return lossOf(
    { ...a.context, group },
    {
      ...a.state,
      record: { ...clearRecord, epochSeen: epoch, ...record },
      facts: unmeasured === true ? null : factsOf("standby", scene.nowMs, here),
      witness: {
        ...a.state.witness,
        seen: unseen === true ? null : { record: shown, sinceAtMs: scene.nowMs },
      },
    },
  );
}

describe("a take-over loses nothing", () => {
  test.each<[string, Case]>([
    ["of services that may lose everything", { services: [cache], note: { region: "b" } }],
    ["where this region held the lease last", { note: { region: "a", sync: "degraded" } }],
    ["where every commit waited for this region", { note: { region: "b", sync: "in_sync" } }],
    [
      "of a lease that nobody ever held, where the data is here",
      { epoch: 0, here: { role: "writable" } },
    ],
    [
      "once everything that was handed over has arrived",
      { note: { region: "b", sync: "degraded", handTo: "a", positions: { ledger: 1_000 } } },
    ],
  ])("%s", (_, one) => {
    expect(judge(one).kind).toBe("nothing");
  });
});

describe("a take-over loses", () => {
  test.each<[string, Case, number | null]>([
    [
      "what the last holder wrote further",
      { note: { region: "b", sync: "degraded", positions: { ledger: 1_700 } } },
      700,
    ],
    [
      "what comes after the last position, also where that is here",
      { note: { region: "b", sync: "degraded", positions: { ledger: 900 } } },
      0,
    ],
    ["an unknown amount, when the witness was never read", { unseen: true }, null],
    [
      "an unknown amount, when nothing was measured here",
      { unmeasured: true, note: { region: "b", sync: "degraded", positions: { ledger: 1 } } },
      null,
    ],
    [
      "an unknown amount, where the data here went their own way",
      {
        here: { role: "writable", position: 9_000 },
        note: { region: "b", sync: "degraded", positions: { ledger: 1_700 } },
      },
      null,
    ],
    [
      "an unknown amount, when the holder said no position",
      { note: { region: "b", sync: "degraded" } },
      null,
    ],
    [
      "an unknown amount, when nobody ever held the lease and the data is elsewhere",
      { epoch: 0, here: { role: "standby" } },
      null,
    ],
    [
      "what was handed over and did not arrive, although it was in step before",
      { note: { region: "b", sync: "in_sync", handTo: "a", positions: { ledger: 1_001 } } },
      1,
    ],
    [
      "everything, when a holder said nothing that is understood",
      { note: { region: "b", sync: "synced", positions: { ledger: 1_000 } } },
      0,
    ],
    [
      "an unknown amount, when one service of two is not known",
      {
        services: [ledger, { ...ledger, name: "orders" }],
        note: { region: "b", positions: { ledger: 1_000, orders: 5 } },
      },
      null,
    ],
  ])("%s", (_, one, bytes) => {
    expect(judge(one)).toMatchObject({ kind: "something", bytes });
  });

  test("and says how many bytes, and that more may follow", () => {
    const loss = judge({ note: { region: "b", sync: "degraded", positions: { ledger: 1_700 } } });
    expect(loss.because).toContain("700 bytes and what came after");
    expect(loss.because).toContain("degraded");
  });
});

describe("of a witness that forgot", () => {
  const forgot = { epoch: 0, note: {} };

  test.each<[string, Case, Loss["kind"]]>([
    [
      "a region that held the last epoch that it knows of loses nothing",
      { record: { epochSeen: 7, epochHeld: 7 }, here: { role: "writable" } },
      "nothing",
    ],
    [
      "a region that knows of a later epoch of its peer does not know what is lost",
      { record: { epochSeen: 8, epochHeld: 7 }, here: { role: "writable" } },
      "something",
    ],
    [
      "a region that held the last epoch and lost its data since does not know either",
      { record: { epochSeen: 7, epochHeld: 7 }, here: { role: "absent" } },
      "something",
    ],
  ])("%s", (_, one, kind) => {
    expect(judge({ ...forgot, ...one }).kind).toBe(kind);
  });

  test("an older note that came back with it says nothing", () => {
    const old = { epoch: 3, note: { region: "b", sync: "in_sync" }, record: { epochSeen: 7 } };
    expect(judge(old)).toMatchObject({ kind: "something", bytes: null });
  });
});

test("services that may lose everything are not counted", () => {
  const note = { region: "b", positions: { ledger: 1_010, cache: 99_999 } };
  expect(judge({ services: [ledger, cache], note })).toMatchObject({ bytes: 10 });
});
