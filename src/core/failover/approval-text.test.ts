import fc from "fast-check";
import { expect, test } from "vitest";
import { approvedActions } from "./approval.ts";
import { approvalText, parseApprovalText, type SignedApproval } from "./approval-text.ts";

const signed: SignedApproval = {
  sovereign: "acme.example",
  approval: {
    person: "ada",
    group: "payments-prod",
    action: "failover",
    expectedEpoch: 7,
    maxLossBytes: 1_048_576,
    expiresAtMs: Date.parse("2026-11-21T20:15:00Z"),
    nonce: "aaaabbbbccccdddd",
  },
};
const text = [
  "sovereign-failover-approval v1",
  "sovereign: acme.example",
  "group: payments-prod",
  "action: failover",
  "expected-epoch: 7",
  "max-loss-bytes: 1048576",
  "expires-at: 2026-11-21T20:15:00.000Z",
  "nonce: aaaabbbbccccdddd",
  "person: ada",
  "",
].join("\n");

test("the signed text of an approval never changes by a byte", () => {
  expect(approvalText(signed)).toEqual({ ok: true, value: text });
});

test.each<[string, string, RegExp]>([
  ["of another version", text.replace("v1", "v2"), /first line/],
  ["with Windows line breaks", text.replaceAll("\n", "\r\n"), /first line/],
  ["without its last line break", text.trimEnd(), /line break at its end/],
  ["with a line more", `${text}\n`, /exactly the lines/],
  [
    "with two lines in each other's place",
    text.replace(/(group.*)\n(action.*)/, "$2\n$1"),
    /line 3 is not of group/,
  ],
  ["with a space more", text.replace("group: ", "group:  "), /group is no name/],
  [
    "with an action that is none",
    text.replace("failover\n", "fail\n"),
    /action is none of failover, switchover/,
  ],
  ["with an epoch with a zero before it", text.replace("epoch: 7", "epoch: 07"), /expected-epoch/],
  ["with a loss below nothing", text.replace("bytes: 1048576", "bytes: -1"), /max-loss-bytes/],
  [
    "with more bytes than can be counted",
    text.replace("1048576", "9999999999999999"),
    /max-loss-bytes/,
  ],
  ["with a 30th of February", text.replace("11-21", "02-30"), /expires-at/],
  ["with an instant of another zone", text.replace("000Z", "000+01:00"), /expires-at/],
  ["with a short nonce", text.replace("aaaabbbbccccdddd", "aaaa"), /nonce/],
  ["of a person with capitals", text.replace("ada", "Ada"), /person/],
  ["that is too long", "x".repeat(2_001), /longer than 2000/],
])("a text %s is refused", (_, wrong, words) => {
  const parsed = parseApprovalText(wrong);
  expect(parsed.ok ? "" : parsed.because).toMatch(words);
});

test.each<[string, Partial<SignedApproval["approval"]>]>([
  ["a line break in a name", { group: "a\naction: rearm" }],
  ["half an epoch", { expectedEpoch: 7.5 }],
  ["a loss below nothing", { maxLossBytes: -1 }],
  ["no instant", { expiresAtMs: Number.NaN }],
  ["an instant beyond all calendars", { expiresAtMs: 8.64e15 }],
])("an approval with %s is not written", (_, change) => {
  const written = approvalText({ ...signed, approval: { ...signed.approval, ...change } });
  expect(written.ok).toBe(false);
});

const label = fc.stringMatching(/^[a-z0-9]([a-z0-9-]{0,20}[a-z0-9])?$/);
test("what is written is read back as the same, and only that text is", () => {
  const approvals = fc.record({
    sovereign: fc.constantFrom("acme.example", "a.b.test"),
    approval: fc.record({
      person: label,
      group: label,
      action: fc.constantFrom(...approvedActions),
      expectedEpoch: fc.nat(),
      maxLossBytes: fc.maxSafeNat().filter((bytes) => bytes <= Number.MAX_SAFE_INTEGER),
      expiresAtMs: fc.integer({ min: 0, max: 4_000_000_000_000 }),
      nonce: fc.stringMatching(/^[A-Za-z0-9_-]{16,64}$/),
    }),
  });
  fc.assert(
    fc.property(approvals, (one) => {
      const written = approvalText(one);
      expect(written.ok && parseApprovalText(written.value)).toEqual({ ok: true, value: one });
    }),
  );
});

test("any text is read or refused, and what is read is written as it was", () => {
  const mutated = fc
    .tuple(fc.nat(text.length), fc.nat(3), fc.string({ maxLength: 3 }))
    .map(([from, count, put]) => text.slice(0, from) + put + text.slice(from + count));
  fc.assert(
    fc.property(fc.oneof(fc.string(), mutated), (any) => {
      const parsed = parseApprovalText(any);
      if (parsed.ok) expect(approvalText(parsed.value)).toEqual({ ok: true, value: any });
    }),
    { numRuns: 2_000 },
  );
});
