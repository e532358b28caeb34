/** Promotion and synchronous replication (ADR 25, *Data*): what is asked of the data, in which order, and when. */
import { describe, expect, test } from "vitest";
import { healthAnswer } from "./authority.ts";
import type { ServiceFacts } from "./facts.ts";
import type { GroupService } from "./group.ts";
import { type Actor, clearRecord, factsOf, type Stage, serving, stage } from "./rehearsal.ts";
import { effects } from "./rehearsal-effects.ts";

const promoted = (actor: Actor) => effects(actor, "promote").map(({ service }) => service);

const service = (name: string, ...after: readonly string[]): GroupService => ({
  name,
  kind: "valkey",
  mayLose: "everything",
  after,
});

/** Region a was just granted the first lease; promotions are answered by the test. */
function promoting(...services: readonly GroupService[]) {
  const here = stage("fence", { services });
  const a = here.actor("a");
  a.record = { ...clearRecord, epochSeen: 0 };
  a.holds.add("promote");
  here.restart(a);
  while (a.state.authority.kind === "none") {
    here.pass(1_000, () => here.answer(a));
  }
  const done = (name: string, epoch = 1) =>
    here.give(a, { type: "promoted", service: name, epoch });
  const failed = (name: string, epoch = 1) =>
    here.give(a, { type: "promoteFailed", service: name, epoch, because: "no quorum" });
  return { here, a, done, failed };
}

describe("services are promoted", () => {
  test("in their order, side by side where there is none, and served when all are done", () => {
    const { a, done } = promoting(
      service("web", "ledger", "cache"),
      service("ledger"),
      service("cache"),
    );
    expect(promoted(a)).toEqual(["ledger", "cache"]);
    done("cache");
    expect(promoted(a)).toEqual(["ledger", "cache"]);
    done("ledger");
    expect(promoted(a)).toEqual(["ledger", "cache", "web"]);
    expect(a.state.data.kind).toBe("promoting");
    done("web");
    expect(a.state.data).toEqual({ kind: "serving", epoch: 1 });
  });

  test("again after a pause when that failed, and what is done stays done", () => {
    const { here, a, done, failed } = promoting(service("ledger"), service("cache"));
    done("cache");
    failed("ledger");
    expect(promoted(a)).toEqual(["ledger", "cache"]);
    here.pass(3_000, () => here.answer(a));
    expect(promoted(a)).toEqual(["ledger", "cache", "ledger"]);
    done("ledger");
    expect(a.state.data.kind).toBe("serving");
  });

  test("and a person is told once that it does not work", () => {
    const { here, a, failed } = promoting(service("ledger"));
    for (let again = 0; again < 3; again++) {
      failed("ledger");
      here.pass(3_000, () => here.answer(a));
    }
    expect(effects(a, "page")).toHaveLength(1);
    expect(effects(a, "page")[0]?.because).toContain("no quorum");
  });

  test("by answers of this epoch only", () => {
    const { a, done, failed } = promoting(service("ledger"));
    done("ledger", 2);
    failed("ledger", 2);
    expect(a.state.data.kind).toBe("promoting");
    expect(effects(a, "page")).toEqual([]);
  });

  test("anew when authority ended and came back", () => {
    const { here, a, done } = promoting(service("ledger"));
    here.give(a, { type: "clockGap", gapMs: 5_000 });
    done("ledger");
    expect(a.state.data.kind).toBe("fenced");
    here.pass(8_000, () => here.answer(a));
    expect(effects(a, "promote").at(-1)).toMatchObject({ epoch: 2 });
    expect(a.state.data.kind).toBe("promoting");
  });

  test("and until all are, the health path answers 503", () => {
    const { here, a, done } = promoting(service("ledger"));
    expect(healthAnswer(a.state, here.nowMs)).toMatchObject({ status: 503, reason: "NotServing" });
    done("ledger");
    expect(healthAnswer(a.state, here.nowMs)).toMatchObject({ status: 200, reason: "Serving" });
  });

  test("at once where a group has none", () => {
    expect(promoting().a.state.data.kind).toBe("serving");
  });
});

/** Region a serves and is measured by the test. */
function holding() {
  const scene = serving("fence");
  const { here, a } = scene;
  a.measures = null;
  // The facts that it was born with are old, and it was told nothing since.
  here.pass(1_000);
  a.done.length = 0;
  const measure = (parts: Partial<ServiceFacts>) => {
    here.nowMs += 1;
    here.give(a, { type: "measured", facts: factsOf("writable", here.nowMs, parts) });
  };
  const renew = () => {
    while (a.state.witness.call?.request?.op !== "renew") here.pass(500);
    here.answer(a);
  };
  return { ...scene, measure, renew };
}
const syncs = (actor: Actor) => effects(actor, "setSync").map(({ sync }) => sync);
const noted = ({ witness }: Stage) => witness.note["sync"];

describe("commits wait for the standby", () => {
  test("until the witness confirmed `degraded`, and stop then", () => {
    const { here, a, measure, renew } = holding();
    measure({ sync: "stalled" });
    expect(a.state.witness.call?.request?.note).toMatchObject({ sync: "degraded" });
    measure({ sync: "stalled" });
    expect(syncs(a)).toEqual([]);
    renew();
    expect(noted(here)).toBe("degraded");
    measure({ sync: "stalled" });
    expect(syncs(a)).toEqual(["relaxed"]);
  });

  test("although the request that said `degraded` was not answered", () => {
    const { here, a, measure } = holding();
    measure({ sync: "stalled" });
    here.give(a, {
      type: "witnessFailed",
      reqId: a.state.witness.call?.reqId ?? "",
      outcome: "unknown",
    });
    measure({ sync: "stalled" });
    expect(syncs(a)).toEqual([]);
  });

  test("again as soon as the standby is back, and only then the record says so", () => {
    const { here, a, measure, renew } = holding();
    measure({ sync: "stalled" });
    renew();
    measure({ sync: "stalled" });
    measure({ sync: "alone", standbyReady: false });
    expect(syncs(a)).toEqual(["relaxed"]);
    measure({ sync: "alone", standbyReady: true });
    expect(syncs(a)).toEqual(["relaxed", "required"]);
    renew();
    expect(noted(here)).toBe("degraded");
    measure({ sync: "in_sync" });
    renew();
    expect(noted(here)).toBe("in_sync");
  });

  test("before `in_sync` is written, also where they were told not to and wait by themselves", () => {
    const { here, a, measure, renew } = holding();
    measure({ sync: "stalled" });
    renew();
    measure({ sync: "stalled" });
    measure({ sync: "in_sync" });
    renew();
    expect(noted(here)).toBe("degraded");
    expect(syncs(a)).toEqual(["relaxed", "required"]);
    measure({ sync: "in_sync" });
    renew();
    expect(noted(here)).toBe("in_sync");
  });

  test("when the data does not wait although the record says that it does", () => {
    const { a, measure } = holding();
    measure({ sync: "alone", standbyReady: false });
    expect(syncs(a)).toEqual(["required"]);
  });

  test("from the sending of another word on, until that is confirmed", () => {
    const { here, a, measure, renew } = holding();
    measure({ sync: "stalled" });
    renew();
    measure({ sync: "stalled" });
    measure({ sync: "alone", standbyReady: true });
    measure({ sync: "in_sync" });
    while (a.state.witness.call === null) here.pass(500);
    // `in_sync` is under way: nobody knows what the witness says now.
    a.done.length = 0;
    measure({ sync: "stalled" });
    expect(syncs(a)).toEqual([]);
    renew();
    // It was confirmed, and what the data shows since is told at once.
    expect(noted(here)).toBe("in_sync");
    expect(a.state.witness.call?.request?.note).toMatchObject({ sync: "degraded" });
    measure({ sync: "stalled" });
    expect(syncs(a)).toEqual([]);
    renew();
    expect(noted(here)).toBe("degraded");
    measure({ sync: "stalled" });
    expect(syncs(a)).toEqual(["relaxed"]);
  });
});

test("`in_sync` is what every service measured, not most of them", () => {
  const ledger: GroupService = { ...service("ledger"), mayLose: "nothing" };
  const here = stage("fence", { services: [ledger, { ...ledger, name: "orders" }] });
  const a = here.actor("a");
  a.record = { ...clearRecord, epochSeen: 0 };
  const facts = (...both: readonly ("in_sync" | "alone")[]) => {
    const [base] = factsOf("writable", here.nowMs).services;
    if (base === undefined) throw new Error("nothing was measured");
    const services = both.map((sync, index) => ({
      ...base,
      name: index === 0 ? "ledger" : "orders",
      sync,
    }));
    return { atMs: here.nowMs, services, notReady: [] };
  };
  a.measures = () => facts("in_sync", "alone");
  here.restart(a);
  here.pass(30_000, () => here.answer(a));
  expect(a.state.data.kind).toBe("serving");
  expect(noted(here)).toBe("degraded");
  a.measures = () => facts("in_sync", "in_sync");
  here.pass(30_000, () => here.answer(a));
  expect(noted(here)).toBe("in_sync");
});

describe("a region that begins to serve", () => {
  test("does not wait for a standby that is not known to follow it", () => {
    const { here, b } = serving("sticky");
    here.pass(40_000, () => here.answer(b));
    expect(syncs(b)).toEqual(["relaxed"]);
    expect(noted(here)).toBe("degraded");
  });

  test("goes on as it was after a switchover that was given up", () => {
    const { here, a } = serving("fence");
    a.done.length = 0;
    a.measures = null;
    here.give(a, { type: "personSaid", wish: { kind: "switchover" } });
    here.pass(40_000, () => here.answer(a));
    expect(a.state.data.kind).toBe("serving");
    expect(syncs(a)).toEqual(["required"]);
  });
});

describe("a record that could not be stored", () => {
  test("is not tried again at once, has a higher version then, and a person is told", () => {
    const here = stage("sticky");
    const b = here.actor("b");
    b.record = clearRecord;
    here.restart(b);
    b.holds.add("store");
    const giveBack = { kind: "giveBack", epoch: 1, round: 1 } as const;
    here.give(b, { type: "peerSaid", message: giveBack });
    here.give(b, { type: "storeFailed", version: 2 });
    here.give(b, { type: "peerSaid", message: giveBack });
    expect(effects(b, "store")).toHaveLength(1);
    here.pass(3_000);
    here.give(b, { type: "peerSaid", message: giveBack });
    expect(effects(b, "store").map(({ record }) => record.version)).toEqual([2, 3]);
    expect(effects(b, "page")).toMatchObject([{ reason: "RecordNotDurable" }]);
  });

  test.each(["stored", "storeFailed"] as const)("`%s` of another version is nothing", (type) => {
    const here = stage("sticky");
    const b = here.actor("b");
    b.record = clearRecord;
    here.restart(b);
    b.holds.add("store");
    here.give(b, { type: "peerSaid", message: { kind: "giveBack", epoch: 1, round: 1 } });
    const before = b.state;
    here.give(b, { type, version: 77 });
    expect(b.state).toBe(before);
  });
});
