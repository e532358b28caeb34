import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { PersonWish } from "./event.ts";
import { type Order, orderText, parseOrderText } from "./order-text.ts";

const order: Order = {
  sovereign: "sovereign.test",
  region: "hz-hel-rtz-prod",
  group: "ledger",
  wish: { kind: "arm" },
  because: "the disk was replaced",
  expiresAtMs: 1_800_000_000_000,
  nonce: "abcdefghijklmnop",
  person: "ada",
};

const written = (parts: Partial<Order> = {}): string => {
  const text = orderText({ ...order, ...parts });
  if (!text.ok) throw new Error(text.because);
  return text.value;
};

test("an order is a version and one field a line, the same for ever", () => {
  const wish: PersonWish = { kind: "takeOver", withoutWitness: true, peerIsFenced: false };
  expect(written({ wish })).toBe(
    [
      "sovereign-failover-order v1",
      "sovereign: sovereign.test",
      "region: hz-hel-rtz-prod",
      "group: ledger",
      "wish: takeOver",
      "without-witness: yes",
      "peer-is-fenced: no",
      "because: the disk was replaced",
      "expires-at: 2027-01-15T08:00:00.000Z",
      "nonce: abcdefghijklmnop",
      "person: ada",
      "",
    ].join("\n"),
  );
});

describe("what can not be read back is not written", () => {
  test.each<[string, Partial<Order>]>([
    ["an empty reason", { because: "" }],
    ["a reason of two lines", { because: "one\ntwo" }],
    ["a reason that turns the writing around", { because: "one \u202e two" }],
    ["a reason that ends in a blank", { because: "one " }],
    ["a reason of 201 characters", { because: "x".repeat(201) }],
    ["two reasons", { wish: { kind: "disarm", because: "another" } }],
    ["a region that is none", { region: "HZ" }],
    ["a group with a line break", { group: "a\nb" }],
    ["a short nonce", { nonce: "abc" }],
    ["an instant that is none", { expiresAtMs: Number.NaN }],
    ["an instant with parts of a millisecond", { expiresAtMs: 1.5 }],
    ["a person who is none", { person: "" }],
    ["no domain", { sovereign: "a b" }],
  ])("%s", (_, parts) => {
    expect(orderText({ ...order, ...parts }).ok).toBe(false);
  });
});

describe("nothing but the exact bytes is read", () => {
  const text = written();
  test.each<[string, string]>([
    ["an empty text", ""],
    ["another version", text.replace("v1", "v2")],
    ["an approval", text.replace("order", "approval")],
    ["no line break at the end", text.slice(0, -1)],
    ["line breaks of Windows", text.replaceAll("\n", "\r\n")],
    ["a line more", `${text}x: y\n`],
    ["a wish that is none", text.replace("wish: arm", "wish: explode")],
    ["a statement that arming does not make", text.replace("fenced: no", "fenced: yes")],
    ["neither yes nor no", text.replace("fenced: no", "fenced: No")],
    ["a 30th of February", text.replace("2027-01-15", "2027-02-30")],
    ["a year more than can be", text.replace("2027-", "9999-")],
    ["a text that is too long", `${text}${"x".repeat(3_000)}`],
  ])("%s is refused", (_, changed) => {
    expect(parseOrderText(changed).ok).toBe(false);
  });
});

const label = fc.stringMatching(/^[a-z]([a-z0-9-]{0,10}[a-z0-9])?$/);
const anyReason = fc.stringMatching(/^[!-~]([ -~]{0,40}[!-~])?$/);
const anyWish = (because: string): fc.Arbitrary<PersonWish> =>
  fc.oneof(
    fc.constantFrom<PersonWish["kind"]>("arm", "rearm", "switchover", "closeRound").map((kind) => {
      return { kind } as PersonWish; // Those four carry nothing else.
    }),
    fc.constant<PersonWish>({ kind: "disarm", because }),
    fc.tuple(fc.boolean(), fc.boolean()).map(([withoutWitness, peerIsFenced]): PersonWish => {
      return { kind: "takeOver", withoutWitness, peerIsFenced };
    }),
  );
const anyOrder: fc.Arbitrary<Order> = anyReason.chain((because) =>
  fc.record({
    sovereign: label,
    region: label,
    group: label,
    wish: anyWish(because),
    because: fc.constant(because),
    expiresAtMs: fc.integer({ min: 0, max: 4_000_000_000_000 }),
    nonce: fc.stringMatching(/^[A-Za-z0-9_-]{16,64}$/),
    person: label,
  }),
);

test("every order that is written is read back as it was", () => {
  fc.assert(
    fc.property(anyOrder, (one) => {
      expect(parseOrderText(written(one))).toEqual({ ok: true, value: one });
    }),
  );
});

test("whatever is read is written again as the same bytes", () => {
  const cut = fc.tuple(anyOrder, fc.nat(300), fc.string({ maxLength: 3 }));
  fc.assert(
    fc.property(cut, ([one, at, put]) => {
      const text = written(one);
      const changed = text.slice(0, at) + put + text.slice(at + put.length);
      const read = parseOrderText(changed);
      if (read.ok) expect(written(read.value)).toBe(changed);
    }),
    { numRuns: 500 },
  );
});

test("no text makes reading throw", () => {
  fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => !parseOrderText(text).ok));
});
