import fc from "fast-check";
import { expect, test } from "vitest";
import {
  type Heartbeat,
  heartbeatBody,
  heartbeatLengthMax,
  heartbeatName,
  heartbeatSignedText,
  nonceIn,
  parseHeartbeat,
  sealedText,
} from "./heartbeat-text.ts";
import type { PeerMessage } from "./message.ts";

const nonce = "0123456789abcdef0123456789abcdef";
const name = heartbeatName({ nonce, region: "hz-fsn-rtz-prod", zone: "hb.sovereign.test" });
const signature = "A".repeat(86);
const heartbeat: Heartbeat = {
  group: "ledger",
  isActive: true,
  epoch: 7,
  run: "00000000000000ff",
  messages: [{ seq: 3, message: { kind: "giveBack", epoch: 7, round: 2 } }],
};
const right = sealedText(heartbeatBody(heartbeat), signature);

test("the text is the one that the guide shows", () => {
  expect(right).toBe(
    `v=1;g=ledger;role=active;ep=7;run=00000000000000ff;m=[[3,{"kind":"giveBack","epoch":7,"round":2}]];sig=${signature}`,
  );
  expect(heartbeatSignedText(name, "v=1")).toBe(`sovereign-heartbeat v1\n${name}\nv=1`);
});

test.each([
  ["nothing", ""],
  ["another version", right.replace("v=1", "v=2")],
  ["no signature", right.slice(0, -91)],
  ["a signature that is too short", right.slice(0, -1)],
  ["a signature that is too long", `${right}A`],
  ["something before it", ` ${right}`],
  ["fields in another order", right.replace("role=active;ep=7", "ep=7;role=active")],
  ["a role that there is not", right.replace("active", "leader")],
  ["an epoch that is no number", right.replace("ep=7", "ep=-1")],
  ["an epoch beyond what can be counted", right.replace("ep=7", "ep=9999999999999999")],
  ["a sequence of nothing", right.replace("[3,", "[0,")],
  ["a message that is none", right.replace("giveBack", "promote")],
  ["a message with a field too many", right.replace('"round":2', '"round":2,"x":1')],
  ["seven messages", right.replace(/m=.*?;sig/, `m=[${Array(7).fill('[1,""]').join(",")}];sig`)],
  ["a list without end", right.replace("m=[", `m=[${" ".repeat(heartbeatLengthMax)}`)],
])("%s is no heartbeat", (_what, text) => {
  expect(parseHeartbeat(name, text)).toMatchObject({ ok: false });
});

const count = fc.nat(Number.MAX_SAFE_INTEGER);
const anyNonce = fc.stringMatching(/^[!-~]{1,128}$/);
const round = { policy: fc.constantFrom("sticky" as const, "peerArbiter" as const), epoch: count };
const anyMessage: fc.Arbitrary<PeerMessage> = fc.oneof(
  fc.record({ kind: fc.constant("consent" as const), seq: count, round: count, ...round }),
  fc.record({
    kind: fc.constant("clear" as const),
    nonce: anyNonce,
    outstanding: fc.constantFrom("none" as const, "some" as const, "unknown" as const),
    epochSeen: count,
    roundIssued: count,
  }),
);
const anyHeartbeat: fc.Arbitrary<Heartbeat> = fc.record({
  group: fc.stringMatching(/^[a-z0-9][a-z0-9-]{0,62}$/),
  isActive: fc.boolean(),
  epoch: count,
  run: fc.stringMatching(/^[0-9a-f]{16}$/),
  messages: fc.array(
    fc.record({ seq: fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }), message: anyMessage }),
    { maxLength: 4 },
  ),
});

test("every heartbeat is read back as it was, in printable ASCII within its length", () => {
  fc.assert(
    fc.property(anyHeartbeat, fc.stringMatching(/^[A-Za-z0-9_-]{86}$/), (any, anySignature) => {
      const body = heartbeatBody(any);
      const text = sealedText(body, anySignature);
      expect(text).toMatch(/^[ -~]+$/);
      expect(text.length).toBeLessThanOrEqual(heartbeatLengthMax);
      const signedText = heartbeatSignedText(name, body);
      const value = { heartbeat: any, signedText, signature: anySignature };
      expect(parseHeartbeat(name, text)).toEqual({ ok: true, value });
    }),
  );
});

test("whatever differs in one character is refused, or is signed as what it says", () => {
  fc.assert(
    fc.property(fc.nat(right.length - 1), fc.stringMatching(/^[ -~]$/), (at, character) => {
      const text = right.slice(0, at) + character + right.slice(at + 1);
      const read = parseHeartbeat(name, text);
      if (!read.ok) return;
      const { heartbeat: said, signedText, signature: shown } = read.value;
      // JSON has white space nowhere in it, so a text has one writing only by its signature.
      expect(signedText).toBe(heartbeatSignedText(name, text.slice(0, -91)));
      expect(shown).toBe(text.slice(-86));
      expect(said.messages.length).toBeLessThanOrEqual(6);
    }),
  );
});

test("no text makes reading fail", () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
      expect(parseHeartbeat(name, text).ok).toBe(false);
      expect(parseHeartbeat(name, right.replace(/\[\[.*\]\]/, text)).ok).toBeTypeOf("boolean");
    }),
  );
});

test("a nonce is found in the exact name only, in whatever case a resolver writes it", () => {
  const [region, zone] = ["hz-fsn-rtz-prod", "hb.sovereign.test"];
  expect(nonceIn(name.toUpperCase(), region, zone)).toBe(nonce);
  for (const other of [
    `${region}.${zone}`,
    `x.${name}`,
    `${nonce}${name}`,
    name.slice(1),
    name.replace("fsn", "hel"),
    `${name}.test`,
  ])
    expect(nonceIn(other, region, zone)).toBeUndefined();
});
