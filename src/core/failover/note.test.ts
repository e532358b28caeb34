import fc from "fast-check";
import { expect, test } from "vitest";
import type { Json } from "../kernel/json.ts";
import { emptyLease } from "../lease/record.ts";
import { type LeaseNote, noteOf, readNote } from "./note.ts";
import { factsOf, stage } from "./rehearsal.ts";

const nothing: LeaseNote = {
  region: null,
  sync: "none",
  isUsed: false,
  handTo: null,
  positions: {},
  used: [],
};
const read = (note: Readonly<Record<string, Json>>) => readNote({ ...emptyLease("shop"), note });

test("no record says nothing", () => {
  expect(readNote(null)).toMatchObject(nothing);
});

test.each<[string, Readonly<Record<string, Json>>, Partial<LeaseNote>]>([
  ["a region that is not a name", { region: 7 }, { region: null }],
  ["a word for the standby that nobody knows", { sync: "synced" }, { sync: "none" }],
  ["a lease that is used, in another word", { isUsed: "yes" }, { isUsed: false }],
  ["a region to hand over to that is not a name", { handTo: ["b"] }, { handTo: null }],
  ["positions that are a list", { positions: [1] }, { positions: {} }],
  ["positions that are nothing", { positions: null }, { positions: {} }],
  ["a position that is not a number", { positions: { a: "1", b: 2 } }, { positions: { b: 2 } }],
  ["nonces that are no list", { used: "nonce" }, { used: [] }],
  ["a nonce that is not a text", { used: [1, "n"] }, { used: ["n"] }],
])("%s counts as not said", (_, note, said) => {
  expect(read(note)).toMatchObject(said);
});

test("a note says whose data it is, how far it is, and which approvals were used", () => {
  const here = stage("sticky");
  const a = here.actor("a");
  here.restart(a);
  here.give(a, { type: "measured", facts: factsOf("writable", here.nowMs) });
  const record = { ...emptyLease("shop"), note: { used: ["n1"] } };
  const state = {
    ...a.state,
    witness: { ...a.state.witness, seen: { record, sinceAtMs: here.nowMs } },
  };
  expect(noteOf(a.context, state, { sync: "in_sync" })).toMatchObject({
    region: "a",
    sync: "in_sync",
    handTo: null,
    positions: { ledger: 1_000 },
    used: ["n1"],
  });
});

test("a position that is not known is not said", () => {
  const here = stage("sticky");
  const a = here.actor("a");
  here.restart(a);
  const facts = factsOf("writable", here.nowMs, { position: null });
  here.give(a, { type: "measured", facts });
  expect(noteOf(a.context, a.state, { sync: "none" })).toMatchObject({ positions: {} });
});

test("whatever is in a note, it can be read", () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (note) => {
      // What JSON can hold is Json.
      const said = read(note as Readonly<Record<string, Json>>);
      expect(Object.values(said.positions).every((one) => typeof one === "number")).toBe(true);
    }),
  );
  fc.assert(
    fc.property(
      fc.record({
        region: fc.jsonValue(),
        sync: fc.jsonValue(),
        handTo: fc.jsonValue(),
        positions: fc.jsonValue(),
        used: fc.jsonValue(),
      }),
      (note) => {
        expect(() => read(note as Readonly<Record<string, Json>>)).not.toThrow();
      },
    ),
  );
});
