import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type PublicKey, parseDnskey, writeDnskey } from "./dnskey.ts";
import { decideAbort, decideRoll } from "./roll.ts";
import type { RollFacts, RollRecord, RollServer } from "./roll-facts.ts";

const keyOf = (byte: number): PublicKey => {
  const key = parseDnskey(writeDnskey(Buffer.alloc(64, byte).toString("base64")));
  if (key === undefined) throw new Error("it is a key");
  return key;
};
const [old, next, foreign] = [keyOf(1), keyOf(2), keyOf(3)];
const atMs = 1_000_000;

const server = (id: string, keys: readonly PublicKey[], own = true): RollServer => ({
  id,
  published: keys,
  stored: own
    ? keys.map((key, index) => ({ ...key, id: index, active: true, published: true, ds: [] }))
    : undefined,
});
const facts = (more: Partial<RollFacts> = {}): RollFacts => ({
  nowMs: atMs,
  old,
  next,
  servers: [server("a", [old]), server("b", [old], false)],
  parent: { kind: "notAsked" },
  dnskeyTtlSeconds: 10,
  zoneTtlSeconds: 60,
  record: { regressions: 0 },
  ...more,
});
const both = [server("a", [old, next]), server("b", [old, next], false)];
const started: RollRecord = { regressions: 0, startedAtMs: atMs };
const spread: RollRecord = { ...started, publishedAtMs: atMs - 70_000 };
const delegated: RollRecord = { ...spread, delegatedAtMs: atMs, delegationTtlSeconds: 30 };
const seen = (...keys: readonly PublicKey[]) => ({
  kind: "seen" as const,
  keyTags: keys.map(({ keyTag }) => keyTag),
  ttlSeconds: 30,
});

describe("a step is refused with its reason", () => {
  const silent = { id: "b", published: { unanswered: "timeout" }, stored: undefined };
  test.each([
    ["while a server is silent", { servers: [server("a", [old]), silent] }, "ServerSilent"],
    ["while a server has a foreign key", { servers: [server("a", [old, foreign])] }, "ForeignKey"],
    ["before a server has the key in use", { servers: [server("a", [])] }, "OldKeyMissing"],
    [
      "while another region lags",
      { record: started, servers: [server("a", [old, next]), server("b", [old], false)] },
      "NotEverywhere",
    ],
    ["while no parent is named", { record: spread, servers: both }, "ParentNotAsked"],
    [
      "while the parent is silent",
      {
        record: spread,
        servers: both,
        parent: { kind: "unanswered", because: "timeout" } as const,
      },
      "ParentSilent",
    ],
    [
      "while the parent names the old key",
      { record: spread, servers: both, parent: seen(old) },
      "NotDelegated",
    ],
    [
      "while the parent names both",
      { record: spread, servers: both, parent: seen(old, next) },
      "OldDelegationLeft",
    ],
    [
      "when the parent went back",
      { record: delegated, nowMs: atMs + 60_000, servers: both, parent: seen(old) },
      "NotDelegated",
    ],
    [
      "while another region still has the old key",
      {
        record: { ...delegated, retiringAtMs: atMs },
        servers: [server("a", [next]), server("b", [old, next], false)],
      },
      "NotEverywhere",
    ],
  ])("%s", (_, more: Partial<RollFacts>, reason) => {
    const verdict = decideRoll(facts(more));
    expect(verdict).toMatchObject({ kind: "refuse", reason });
    expect(verdict.because).not.toBe("");
  });
});

describe("a step is made when its turn has come", () => {
  test.each([
    ["it begins", {}, { kind: "act", act: "start" }],
    [
      "the new key is added to own servers only",
      { record: started },
      { act: "addKey", servers: ["a"] },
    ],
    [
      "all have both",
      { record: started, servers: both },
      { kind: "observe", observed: "published" },
    ],
    [
      "resolvers may remember",
      { record: { ...spread, publishedAtMs: atMs - 69_999 }, servers: both },
      { kind: "wait", untilMs: atMs + 1 },
    ],
    [
      "one was set back",
      { record: spread, servers: [server("a", [old, next]), server("b", [old], false)] },
      { kind: "observe", observed: "regressed" },
    ],
    [
      "the parent changed",
      { record: spread, servers: both, parent: seen(next) },
      { kind: "observe", observed: "delegated", ttlSeconds: 30 },
    ],
    [
      "a person confirms",
      { record: spread, servers: both, confirmedDsTtlSeconds: 99 },
      { observed: "delegated", ttlSeconds: 99 },
    ],
    [
      "the old DS may be remembered",
      { record: delegated, servers: both },
      { kind: "wait", untilMs: atMs + 30_000 },
    ],
    [
      "nobody needs the old key",
      { record: delegated, nowMs: atMs + 30_000, servers: both },
      { act: "retireKey", servers: ["a"] },
    ],
    [
      "another region has finished already",
      {
        record: delegated,
        nowMs: atMs + 30_000,
        servers: [server("a", [old, next]), server("b", [next], false)],
      },
      { act: "retireKey", servers: ["a"] },
    ],
    [
      "all are without it",
      { record: { ...delegated, retiringAtMs: atMs }, servers: [server("a", [next])] },
      { kind: "observe", observed: "done" },
    ],
    ["it is over", { record: { ...delegated, ended: "done" as const } }, { kind: "ended" }],
  ])("%s", (_, more: Partial<RollFacts>, expected) => {
    expect(decideRoll(facts(more))).toMatchObject(expected);
  });
});

test.each([
  ["nothing was started", {}, "NotStarted"],
  [
    "the parent names the new key",
    { record: started, servers: both, parent: seen(next) },
    "Delegated",
  ],
  ["the parent changed before", { record: delegated, servers: both }, "Delegated"],
  [
    "a server is without the old key",
    { record: started, servers: [server("a", [next])] },
    "OldKeyMissing",
  ],
])("a roll is not given up when %s", (_, more: Partial<RollFacts>, reason) => {
  expect(decideAbort(facts(more))).toMatchObject({ kind: "refuse", reason });
});

test("whatever the facts are, the old key is retired only after every wait and with the parent's word", () => {
  const keys = fc.subarray([old, next], { minLength: 0 });
  const record = fc.record(
    {
      startedAtMs: fc.integer({ min: 0, max: 200_000 }),
      publishedAtMs: fc.integer({ min: 0, max: 200_000 }),
      delegatedAtMs: fc.integer({ min: 0, max: 200_000 }),
      delegationTtlSeconds: fc.integer({ min: 0, max: 100 }),
    },
    { requiredKeys: [] },
  );
  fc.assert(
    fc.property(keys, keys, record, fc.integer({ min: 0, max: 300_000 }), (a, b, past, nowMs) => {
      const servers = [server("a", a), server("b", b, false)];
      const verdict = decideRoll(facts({ servers, nowMs, record: { ...past, regressions: 0 } }));
      if (verdict.kind !== "act" || verdict.act !== "retireKey") return;
      const { startedAtMs, publishedAtMs, delegatedAtMs, delegationTtlSeconds = 0 } = past;
      expect(startedAtMs).toBeDefined();
      expect(nowMs).toBeGreaterThanOrEqual((publishedAtMs ?? Infinity) + 70_000);
      expect(nowMs).toBeGreaterThanOrEqual(
        (delegatedAtMs ?? Infinity) + delegationTtlSeconds * 1_000,
      );
      expect(a).toContain(next);
      expect(b).toContain(next);
    }),
    { numRuns: 2_000 },
  );
});
