import fc from "fast-check";
import { expect, test } from "vitest";
import type { PeerMessage } from "./message.ts";
import { parsePeerMessage, peerMessageText, readPeerMessage } from "./peer-message-text.ts";

const count = fc.nat(Number.MAX_SAFE_INTEGER);
const nonce = fc.stringMatching(/^[!-~]{1,128}$/);
const round = {
  policy: fc.constantFrom("sticky" as const, "peerArbiter" as const),
  epoch: count,
  round: count,
};
const anyMessage: fc.Arbitrary<PeerMessage> = fc.oneof(
  fc.record({
    kind: fc.constant("ask" as const),
    seq: count,
    sync: fc.constantFrom("in_sync" as const, "degraded" as const, "none" as const),
    ...round,
  }),
  fc.record({ kind: fc.constant("consent" as const), seq: count, ...round }),
  fc.record({ kind: fc.constant("giveBack" as const), epoch: count, round: count }),
  fc.record({ kind: fc.constant("givenBack" as const), epoch: count, round: count }),
  fc.record({ kind: fc.constant("clearAsk" as const), nonce, epochSeen: count }),
  fc.record({
    kind: fc.constant("clear" as const),
    nonce,
    outstanding: fc.constantFrom("none" as const, "some" as const, "unknown" as const),
    epochSeen: count,
    roundIssued: count,
  }),
);

const consent = { kind: "consent", seq: 3, policy: "sticky", epoch: 7, round: 1 };

test.each([
  ["nothing", undefined],
  ["a list", [consent]],
  ["another kind", { ...consent, kind: "promise" }],
  ["a field too many", { ...consent, force: true }],
  ["a field too few", { kind: "consent", seq: 3, policy: "sticky", epoch: 7 }],
  ["a number as text", { ...consent, epoch: "7" }],
  ["a negative number", { ...consent, epoch: -1 }],
  ["a number beyond what can be counted", { ...consent, epoch: 2 ** 53 }],
  ["half a number", { ...consent, round: 1.5 }],
  ["the policy that sends nothing", { ...consent, policy: "fence" }],
  ["a nonce with a line break", { kind: "clearAsk", nonce: "a\nb", epochSeen: 1 }],
  ["a nonce without end", { kind: "clearAsk", nonce: "a".repeat(129), epochSeen: 1 }],
])("%s is no message", (_what, json) => {
  expect(readPeerMessage(json)).toBeUndefined();
});

test("a message is written as one line of printable ASCII, and read back as it was", () => {
  fc.assert(
    fc.property(anyMessage, (message) => {
      const text = peerMessageText(message);
      expect(text).toMatch(/^[ -~]+$/);
      expect(parsePeerMessage(text)).toEqual(message);
    }),
  );
});

test("what can not be read is no message, whatever it is", () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
      expect(parsePeerMessage(text)).toBeUndefined();
    }),
  );
  expect(parsePeerMessage(" ".repeat(2_000) + peerMessageText({ ...ask }))).toBeUndefined();
});

test("a message with any one field changed to something else is none, or another message", () => {
  fc.assert(
    fc.property(anyMessage, fc.nat(), fc.jsonValue(), (message, place, value) => {
      const keys = Object.keys(message);
      const key = keys[place % keys.length] ?? "kind";
      const read = readPeerMessage({ ...message, [key]: value });
      if (read !== undefined) expect(read).toEqual({ ...message, [key]: value });
    }),
  );
});

const ask: PeerMessage = {
  kind: "ask",
  seq: 1,
  sync: "none",
  policy: "sticky",
  epoch: 1,
  round: 1,
};
