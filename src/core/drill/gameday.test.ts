import { describe, expect, test } from "vitest";
import { scriptedLedgerReport } from "../../../test/integration/ledger-sample.ts";
import { canonicalJson } from "../kernel/json.ts";
import {
  type Gameday,
  type GamedayStep,
  gamedayAnswer,
  gamedayJson,
  gamedayKinds,
  gamedaySchema,
  gamedayVerdict,
  kindsLeft,
  stepOf,
} from "./gameday.ts";
import { type LedgerKind, ledgerKinds, mayLoseWrites } from "./ledger-kinds.ts";

const gameday = (kinds: readonly LedgerKind[], steps: readonly GamedayStep[]): Gameday => ({
  version: 1,
  id: "gameday-mi6x1k9q20a7",
  startedAt: "2026-11-21T02:41:00.000Z",
  endedAt: null,
  profile: "fast",
  kinds: [...kinds],
  steps: [...steps],
});
const step = (kind: LedgerKind, result: GamedayStep["result"]): GamedayStep => ({
  kind,
  result,
  because: [],
});

describe("a game day", () => {
  test("has every kind once, but the one that may lose something", () => {
    const kept = ledgerKinds.filter((kind) => !mayLoseWrites(kind));
    expect(gamedayKinds.toSorted()).toEqual(kept.toSorted());
  });
  test("goes on where it was, and not after an unsafe state", () => {
    const kinds = ["region-kill", "witness-loss", "failback"] as const;
    expect(kindsLeft(gameday(kinds, []))).toEqual(kinds);
    expect(kindsLeft(gameday(kinds, [step("witness-loss", "missed")]))).toEqual([
      "region-kill",
      "failback",
    ]);
    expect(kindsLeft(gameday(kinds, [step("region-kill", "unsafe")]))).toEqual([]);
  });
  test.each<[string, readonly LedgerKind[], readonly GamedayStep[], string]>([
    ["nothing was asked for", [], [], "incomplete"],
    [
      "only what can not be done was asked for",
      ["clock-step"],
      [step("clock-step", "notDone")],
      "incomplete",
    ],
    ["a step is left", ["region-kill", "failback"], [step("failback", "passed")], "incomplete"],
    [
      "a step was not offered",
      ["asymmetric-dns"],
      [step("asymmetric-dns", "notDone")],
      "incomplete",
    ],
    ["a bound was missed", ["failback"], [step("failback", "missed")], "missed"],
    [
      "one was unsafe",
      ["failback", "region-kill"],
      [step("failback", "missed"), step("region-kill", "unsafe")],
      "unsafe",
    ],
    [
      "all passed that can be done",
      ["failback", "clock-step"],
      [step("failback", "passed"), step("clock-step", "notDone")],
      "passed",
    ],
  ])("when %s is %s", (_, kinds, steps, verdict) => {
    expect(gamedayVerdict(gameday(kinds, steps))).toBe(verdict);
  });
  test("says what passed and what became of what was acknowledged", () => {
    const passed = stepOf(scriptedLedgerReport(), { sha256: "ab", tookMs: 60_000 });
    const day = gameday(["region-kill", "clock-step"], [passed, step("clock-step", "notDone")]);
    expect(gamedayAnswer(day)).toBe(
      "1 of 2 drills passed, 1 not done. None of 433 acknowledged writes are lost.",
    );
    const lost = stepOf(scriptedLedgerReport({ lost: 1 }), { sha256: "ab", tookMs: 60_000 });
    expect(gamedayAnswer(gameday(["region-kill"], [lost]))).toContain("1 was unsafe. 1 of 433");
    expect(gamedayAnswer(gameday(["region-kill"], [{ ...lost, lost: null }]))).toContain(
      "not known",
    );
  });
  test("is read back from the bytes that are signed", () => {
    const passed = stepOf(scriptedLedgerReport(), { sha256: "ab", tookMs: 60_000 });
    const day = gameday(["region-kill", "clock-step"], [passed, step("clock-step", "notDone")]);
    const text = canonicalJson(gamedayJson(day));
    expect(gamedaySchema.parse(JSON.parse(text))).toEqual(day);
  });
});
