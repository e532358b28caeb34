import { describe, expect, test } from "vitest";
import { mayOrder, orderedWishes } from "../resources/failover-words.ts";
import type { OrderDesk, OrderMemory } from "./accept-facts.ts";
import { type Accepting, acceptOrder, noOrders } from "./accept-order.ts";
import type { Approval } from "./approval.ts";
import { approvalText } from "./approval-text.ts";
import type { PersonWish } from "./event.ts";
import { type Order, orderText } from "./order-text.ts";

const wallAtMs = 1_800_000_000_000;
const minuteMs = 60_000;

const desk: OrderDesk = {
  sovereign: "sovereign.test",
  region: "hz-hel-rtz-prod",
  group: "ledger",
  approvers: [
    { person: "ada", roles: ["sovereignAdmin"], keys: ["key-ada", "key-ada-2"] },
    { person: "grace", roles: ["dataOwner"], keys: ["key-grace"] },
    { person: "lin", roles: ["sre"], keys: ["key-lin"] },
    { person: "twin", roles: ["sre"], keys: ["key-lin"] },
  ],
  knownEpoch: 4,
  usedNonces: ["usedusedusedusedused"],
};

let nonces = 0;
function newNonce(): string {
  nonces += 1;
  return `nonce-${String(nonces).padStart(16, "0")}`;
}

const anOrder = (parts: Partial<Order> = {}): string => {
  const text = orderText({
    sovereign: desk.sovereign,
    region: desk.region,
    group: desk.group,
    wish: { kind: "arm" },
    because: "why not",
    expiresAtMs: wallAtMs + 10 * minuteMs,
    nonce: newNonce(),
    person: "lin",
    ...parts,
  });
  if (!text.ok) throw new Error(text.because);
  return text.value;
};

const anApproval = (parts: Partial<Approval> = {}, sovereign = desk.sovereign): string => {
  const text = approvalText({
    sovereign,
    approval: {
      person: "lin",
      group: desk.group,
      action: "failover",
      expectedEpoch: 4,
      maxLossBytes: 0,
      expiresAtMs: wallAtMs + 10 * minuteMs,
      nonce: newNonce(),
      ...parts,
    },
  });
  if (!text.ok) throw new Error(text.because);
  return text.value;
};

const accept = (
  text: string,
  key: string | null = "key-lin",
  memory: OrderMemory = noOrders,
): Accepting => acceptOrder({ text, key: key ?? undefined, wallAtMs, desk, memory });

/** The rules that stand against it. */
const refusedBy = ({ verdict }: Accepting): readonly string[] =>
  verdict.trace.filter(({ outcome }) => outcome === "failed").map(({ rule }) => rule);

describe("an order is refused, with its rule and its code,", () => {
  test.each<[string, string, string | null, string, string]>([
    ["without a signature", anOrder(), null, "KeyIsOfPerson", "SignatureInvalid"],
    ["by another person's key", anOrder(), "key-ada", "KeyIsOfPerson", "OrderRefused"],
    ["by a key that nobody has", anOrder(), "key-x", "KeyIsOfPerson", "OrderRefused"],
    [
      "by nobody of the roster",
      anOrder({ person: "eve" }),
      "key-lin",
      "PersonIsKnown",
      "OrderRefused",
    ],
    [
      "by a role without it",
      anOrder({ wish: { kind: "rearm" } }),
      "key-lin",
      "RoleGivesIt",
      "OrderRefused",
    ],
    ["by a dataOwner", anOrder({ person: "grace" }), "key-grace", "RoleGivesIt", "OrderRefused"],
    [
      "for another Sovereign",
      anOrder({ sovereign: "other.test" }),
      "key-lin",
      "RightSovereign",
      "OrderRefused",
    ],
    ["for another group", anOrder({ group: "shop" }), "key-lin", "RightGroup", "OrderRefused"],
    [
      "for another region",
      anOrder({ region: "hz-fsn-rtz-prod" }),
      "key-lin",
      "RightRegion",
      "OrderRefused",
    ],
    [
      "when it ran out",
      anOrder({ expiresAtMs: wallAtMs }),
      "key-lin",
      "NotExpired",
      "OrderExpired",
    ],
    [
      "when it holds for too long",
      anOrder({ expiresAtMs: wallAtMs + 15 * minuteMs + 1 }),
      "key-lin",
      "ExpiresSoon",
      "OrderExpired",
    ],
    [
      "with a nonce that the witness has",
      anOrder({ nonce: "usedusedusedusedused" }),
      "key-lin",
      "NonceIsUnused",
      "OrderUsed",
    ],
  ])("%s", (_, text, key, rule, code) => {
    const accepting = accept(text, key);
    expect(refusedBy(accepting)).toContain(rule);
    expect(accepting).toMatchObject({ code, taken: null, memory: noOrders });
  });

  test("when it is no order at all", () => {
    const accepting = accept("arm everything!");
    expect(refusedBy(accepting)).toEqual(["TextIsRight"]);
    expect(accepting).toMatchObject({ code: "UsageInvalid", taken: null });
  });

  test("with every reason, and not with the first one alone", () => {
    const text = anOrder({ person: "eve", group: "shop", expiresAtMs: wallAtMs - 1 });
    const refused = refusedBy(accept(text));
    expect(refused).toEqual(["PersonIsKnown", "KeyIsOfPerson", "RightGroup", "NotExpired"]);
  });
});

test("an order that every rule passes is the person's wish", () => {
  const wish: PersonWish = { kind: "takeOver", withoutWitness: true, peerIsFenced: true };
  const accepting = accept(anOrder({ wish, person: "ada" }), "key-ada-2");
  expect(accepting).toMatchObject({ code: null, taken: { kind: "wish", wish } });
  expect(accepting.verdict.trace.every(({ outcome }) => outcome !== "failed")).toBe(true);
});

test.each(orderedWishes)("the order %s is taken of whose role gives it", (kind) => {
  const wish: PersonWish =
    kind === "takeOver"
      ? { kind, withoutWitness: false, peerIsFenced: false }
      : kind === "disarm"
        ? { kind, because: "why not" }
        : { kind };
  for (const { person, roles, keys } of desk.approvers) {
    const { taken } = accept(anOrder({ wish, person }), keys[0]);
    expect(taken !== null, `${person} ${kind}`).toBe(mayOrder(roles, kind));
  }
});

test("an order counts once, and its nonce is forgotten when it has run out", () => {
  const text = anOrder();
  const { memory } = accept(text);
  const again = accept(text, "key-lin", memory);
  expect(again).toMatchObject({ code: "OrderUsed", taken: null });
  const later = { text: anOrder({ expiresAtMs: wallAtMs + 20 * minuteMs }), key: "key-lin", desk };
  const after = acceptOrder({ ...later, wallAtMs: wallAtMs + 10 * minuteMs, memory });
  expect(after.memory.nonces).toHaveLength(1);
});

test("a nonce is nobody else's either", () => {
  const nonce = newNonce();
  const { memory } = accept(anOrder({ nonce }));
  const other = accept(anApproval({ nonce, person: "ada" }), "key-ada", memory);
  expect(other).toMatchObject({ code: "OrderUsed", taken: null });
});

describe("an approval", () => {
  test("reaches the agent with the key that signed it", () => {
    const { taken, memory } = accept(anApproval());
    expect(taken).toMatchObject({ kind: "approval", approval: { person: "lin", key: "key-lin" } });
    expect(memory.approvals).toMatchObject([{ person: "lin", key: "key-lin" }]);
  });

  test.each<[string, string, string | null, string, string]>([
    [
      "of a loss by an sre",
      anApproval({ maxLossBytes: 1 }),
      "key-lin",
      "RoleGivesIt",
      "OrderRefused",
    ],
    [
      "of another Sovereign",
      anApproval({}, "other.test"),
      "key-lin",
      "RightSovereign",
      "OrderRefused",
    ],
    ["of another group", anApproval({ group: "shop" }), "key-lin", "RightGroup", "OrderRefused"],
    [
      "at an epoch that is over",
      anApproval({ expectedEpoch: 3 }),
      "key-lin",
      "EpochIsNotPast",
      "OrderExpired",
    ],
    [
      "that holds for too long",
      anApproval({ expiresAtMs: wallAtMs + 61 * minuteMs }),
      "key-lin",
      "ExpiresSoon",
      "OrderExpired",
    ],
    [
      "that ran out",
      anApproval({ expiresAtMs: wallAtMs - 1 }),
      "key-lin",
      "NotExpired",
      "OrderExpired",
    ],
    ["without a signature", anApproval(), null, "KeyIsOfPerson", "SignatureInvalid"],
    [
      "by a dataOwner of taking over without the witness",
      anApproval({ action: "takeOverWithoutWitness", person: "grace" }),
      "key-grace",
      "RoleGivesIt",
      "OrderRefused",
    ],
  ])("%s is refused", (_, text, key, rule, code) => {
    const accepting = accept(text, key);
    expect(refusedBy(accepting)).toContain(rule);
    expect(accepting).toMatchObject({ code, taken: null, memory: noOrders });
  });

  test("holds for an hour, because the second person may have to be woken", () => {
    expect(accept(anApproval({ expiresAtMs: wallAtMs + 60 * minuteMs })).taken).not.toBeNull();
  });

  test("is taken by a region that was cut off and does not know of its epoch yet", () => {
    expect(accept(anApproval({ expectedEpoch: 5 })).taken).not.toBeNull();
  });

  test("is not taken by one key for two people", () => {
    const { memory } = accept(anApproval());
    const twin = accept(anApproval({ person: "twin" }), "key-lin", memory);
    expect(refusedBy(twin)).toEqual(["OneKeyOnePerson"]);
    expect(twin).toMatchObject({ code: "OrderRefused", taken: null });
    const other = accept(anApproval({ person: "ada" }), "key-ada", memory);
    expect(other.taken).not.toBeNull();
  });

  test("is not taken when it would push another one out of what the agent keeps", () => {
    let memory = noOrders;
    const give = (person: string, key: string): boolean => {
      const accepting = accept(anApproval({ person }), key, memory);
      memory = accepting.memory;
      return accepting.taken !== null;
    };
    expect([1, 2, 3, 4].map(() => give("lin", "key-lin"))).toEqual([true, true, true, false]);
    expect([1, 2, 3].map(() => give("ada", "key-ada"))).toEqual([true, true, true]);
    expect([1, 2, 3].map(() => give("grace", "key-grace"))).toEqual([true, true, false]);
    expect(accept(anApproval({ person: "grace" }), "key-grace", memory).code).toBe("StepTooEarly");
  });
});

test("one person does not fill the memory for the others, and nothing is forgotten before it runs out", () => {
  let memory = noOrders;
  let taken = 0;
  for (let round = 0; round < 100; round += 1) {
    const accepting = accept(anOrder(), "key-lin", memory);
    memory = accepting.memory;
    if (accepting.taken !== null) taken += 1;
  }
  expect(taken).toBe(64);
  expect(memory.nonces).toHaveLength(64);
  expect(accept(anOrder({ person: "ada" }), "key-ada", memory).taken).not.toBeNull();
});
