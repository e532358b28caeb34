import { describe, expect, test } from "vitest";
import { agentReport } from "../../../test/agent-report.ts";
import { fsn, hel } from "../../../test/catalogue.ts";
import {
  answer,
  dnsOf,
  following,
  fqdn,
  groupOf,
  heard,
  serverOf,
  serving,
  silent,
  standby,
  viewOf,
} from "../../../test/topology-facts.ts";
import type { AnswerStatus, ServerStatus } from "../dns/status.ts";

describe("a lease", () => {
  test("has what is left now, the age of the report taken off", () => {
    expect(groupOf(viewOf([heard(serving, 500), heard(standby)])).lease).toEqual({
      holder: fsn,
      place: "left",
      epoch: 4,
      kind: "lease",
      leftMs: 7_500,
      // TTL 15 s less twice the clocks' error and the fence budget of 5 s.
      fullMs: 9_970,
      ttlMs: 15_000,
      renewEveryMs: 4_000,
    });
  });

  test("is that of whoever is being promoted, too, and of nobody when nobody is heard to hold it", () => {
    const promoting = heard({ cluster: hel, epoch: 5, data: "promoting" });
    expect(groupOf(viewOf([heard({ cluster: fsn }), promoting])).lease?.holder).toBe(hel);
    expect(groupOf(viewOf([silent(fsn, agentReport(serving)), heard(standby)])).lease).toBeNull();
  });
});

describe("data services", () => {
  test("say who writes, who follows and how far behind", () => {
    const late = { ...following, position: 4_000, lagMs: 1_500 };
    expect(
      groupOf(viewOf([heard(serving), heard({ ...standby, services: [late] })])).services,
    ).toEqual([
      {
        name: "ledger-db",
        copies: [
          { cluster: fsn, role: "writable", timeline: 3, ready: true },
          { cluster: hel, role: "standby", timeline: 3, ready: true },
        ],
        sync: "inStep",
        lagBytes: 1_000,
        lagMs: 1_500,
      },
    ]);
  });

  test("say nothing that nobody measured", () => {
    const [one] = groupOf(viewOf([heard(serving), silent(hel)])).services;
    expect(one).toMatchObject({ lagBytes: null, lagMs: null });
    expect(one?.copies[1]).toMatchObject({ role: "silent", timeline: null });
    const unmeasured = { ...following, position: null, lagMs: null };
    const [two] = groupOf(
      viewOf([heard(serving), heard({ ...standby, services: [unmeasured] })]),
    ).services;
    expect(two).toMatchObject({ lagBytes: null, lagMs: null });
  });
});

describe("name servers", () => {
  const view = viewOf([heard(serving), heard(standby)], {
    dns: dnsOf([
      serverOf(fsn, [answer(["192.0.2.1"], "right")]),
      serverOf(hel, [answer(["192.0.2.66"], "wrong")]),
    ]),
  });

  test("lead to regions, by the addresses that they answered", () => {
    expect(groupOf(view).answers).toEqual([
      { server: `ns of ${fsn}`, fqdn, state: "right", clusters: [fsn] },
      { server: `ns of ${hel}`, fqdn, state: "wrong", clusters: ["192.0.2.66"] },
    ]);
  });

  test.each<[string, readonly AnswerStatus[], Partial<ServerStatus>, string]>([
    ["right", [answer(["192.0.2.1"], "right")], {}, "right"],
    ["wrong", [answer(["192.0.2.1"], "right"), answer(["x"], "wrong")], {}, "wrong"],
    ["silent", [answer([], "silent")], {}, "silent"],
    ["unasked", [answer([], "unasked")], {}, "unasked"],
    [
      "unwritable, while it answers",
      [answer(["192.0.2.1"], "right")],
      {
        failure: { code: "NameServerUnreachable", message: "refused", remedy: "" },
      },
      "unwritable",
    ],
  ])("are %s", (_, answers, more, state) => {
    const shown = viewOf([], { dns: dnsOf([serverOf(fsn, answers, more)]) });
    expect(shown.nameServers).toMatchObject([{ state, place: "left" }]);
  });
});

test("events of all journals stand in the order of their clocks, and say whose they are", () => {
  const tail = [{ atMs: 20, type: "failover.serving", text: "epoch=4" }];
  const view = viewOf([heard({ ...serving, journalTail: tail }), heard(standby)], {
    events: [
      { atMs: 10, type: "control.started", text: "" },
      { atMs: 30, type: "dns.changed", text: "" },
    ],
  });
  expect(view.events.map(({ atMs, source }) => [atMs, source])).toEqual([
    [10, `control ${fsn}`],
    [20, `agent ${fsn}`],
    [30, `control ${fsn}`],
  ]);
});

test("an agent that answers, one that fell silent and one that was never heard are told apart", () => {
  const view = viewOf([heard(serving, 300), silent(hel, agentReport(standby), 9_000)]);
  expect(view.agents).toMatchObject([
    { cluster: fsn, group: "ledger", state: "answers", ageMs: 300, because: null },
    { cluster: hel, group: "ledger", state: "silent", ageMs: 9_000 },
  ]);
  const unheard = { cluster: hel, url: "http://hel", report: null, ageMs: Infinity, failure: null };
  expect(viewOf([unheard]).agents).toMatchObject([{ state: "unheard", ageMs: null, group: null }]);
});
