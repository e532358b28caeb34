import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { agentReport } from "../../../test/agent-report.ts";
import { isNews, nextFallbackOrder, type RegionWord } from "../dns/fallback-order.ts";
import { type HeardReport, readAgentReport } from "./agent-report-schema.ts";
import { wordOf, wordsOf } from "./region-word.ts";

const fsn = "hz-fsn-rtz-prod";
const hel = "hz-hel-rtz-prod";
const serving = agentReport({ cluster: fsn, epoch: 4, leftMs: 8_000, data: "serving" });
const standby = agentReport({ cluster: hel });

describe("a region's word", () => {
  test.each<[string, HeardReport | null, number, RegionWord | undefined]>([
    ["holds while it serves", serving, 100, { kind: "holds", epoch: 4 }],
    [
      "is that it is fenced, without authority",
      { ...standby, cluster: fsn },
      0,
      { kind: "fenced" },
    ],
    ["is none before it was heard", null, Number.POSITIVE_INFINITY, undefined],
    ["is none after it fell silent", serving, 5_001, undefined],
    [
      "is none on the way to serving",
      agentReport({ cluster: fsn, epoch: 4, leftMs: 8_000, data: "promoting" }),
      0,
      undefined,
    ],
    [
      "holds no longer than its authority lasted when it spoke",
      agentReport({ cluster: fsn, epoch: 4, leftMs: 1_000, data: "serving" }),
      1_000,
      undefined,
    ],
    ["is none when it only observes", { ...serving, observeOnly: true }, 0, undefined],
    ["is none when it is of another region", { ...serving, cluster: hel }, 0, undefined],
  ])("%s", (_, report, ageMs, word) => {
    expect(wordOf({ cluster: fsn, report, ageMs })).toEqual(word);
  });

  test("stands under its group and region", () => {
    const words = wordsOf([
      { cluster: fsn, report: serving, ageMs: 0 },
      { cluster: hel, report: standby, ageMs: 0 },
    ]);
    expect([...(words.get("ledger") ?? [])]).toEqual([
      [fsn, { kind: "holds", epoch: 4 }],
      [hel, { kind: "fenced" }],
    ]);
  });
});

describe("with no order known before", () => {
  const start = { order: [fsn, hel], epoch: undefined };
  const fenced: RegionWord = { kind: "fenced" };
  test.each<[string, Record<string, RegionWord>, boolean]>([
    ["a holder is news", { [hel]: { kind: "holds", epoch: 1 } }, true],
    ["a fenced first region is news", { [fsn]: fenced }, true],
    ["a fenced other region is news: it must not stay first in a record", { [hel]: fenced }, true],
    ["all fenced is none: the record stays", { [fsn]: fenced, [hel]: fenced }, false],
    ["silence is none", {}, false],
  ])("%s", (_, said, news) => {
    const words = new Map(Object.entries(said));
    expect(isNews(nextFallbackOrder(start, words), words)).toBe(news);
  });
});

describe("an agent's answer", () => {
  test("is taken in with what it needs, whatever a newer agent adds", () => {
    expect(readAgentReport({ ...serving, people: { x: 1 } })).toEqual({ ok: true, value: serving });
  });

  test.each([
    ["nothing", null, "it"],
    ["a list", [], "it"],
    [
      "an epoch that is a text",
      {
        ...serving,
        status: { ...serving.status, authority: { kind: "lease", epoch: "4", leftMs: 1 } },
      },
      "status.authority.epoch",
    ],
    ["a time without end", { ...serving, atMs: Number.POSITIVE_INFINITY }, "atMs"],
    [
      "a journal without end",
      {
        ...serving,
        journalTail: Array.from({ length: 201 }, () => ({ atMs: 1, type: "x", text: "" })),
      },
      "journalTail",
    ],
  ])("is refused with the field when it is %s", (_, answer, field) => {
    const read = readAgentReport(answer);
    expect(read.ok ? "" : read.because.split(":")[0]).toBe(field);
  });

  test("of any form is taken in or refused, and never throws", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (answer) => {
        expect(readAgentReport(answer).ok).toBe(false);
      }),
    );
  });
});
