import fc from "fast-check";
import { expect, test } from "vitest";
import type { PeerMessage } from "./message.ts";
import { stillWaiting, type Taken, takeNew, type WaitingMessage, withMessage } from "./relay.ts";

const giveBack = (round: number): PeerMessage => ({ kind: "giveBack", epoch: 7, round });
const givenBack = (round: number): PeerMessage => ({ kind: "givenBack", epoch: 7, round });

test("the newest message of each kind waits, until it is too old to be read", () => {
  let waiting: readonly WaitingMessage[] = [];
  for (const [seq, message] of [giveBack(1), givenBack(1), giveBack(2)].entries())
    waiting = withMessage(waiting, { seq: seq + 1, message, atMs: seq * 1_000 });
  expect(waiting.map(({ seq }) => seq)).toEqual([2, 3]);
  expect(stillWaiting(waiting, 10_999, 10_000).map(({ seq }) => seq)).toEqual([2, 3]);
  expect(stillWaiting(waiting, 11_000, 10_000).map(({ seq }) => seq)).toEqual([3]);
});

test("what was shown by several resolvers is taken once, in its order, and an older answer adds nothing", () => {
  const [one, two, three] = [1, 2, 3].map((seq) => ({ seq, message: giveBack(seq) }));
  const shown = [three, two, one].flatMap((entry) => entry ?? []);
  const first = takeNew([], "a", shown);
  expect(first.messages).toEqual([giveBack(1), giveBack(2), giveBack(3)]);
  expect(takeNew(first.taken, "a", shown).messages).toEqual([]);
  expect(takeNew(first.taken, "a", shown.slice(1)).messages).toEqual([]);
});

test("a sender that was started again counts from the beginning, and a late answer of the one before adds nothing", () => {
  const before = takeNew([], "a", [{ seq: 40, message: giveBack(1) }]);
  const after = takeNew(before.taken, "b", [{ seq: 1, message: giveBack(2) }]);
  expect(after.messages).toEqual([giveBack(2)]);
  expect(takeNew(after.taken, "a", [{ seq: 40, message: giveBack(1) }]).messages).toEqual([]);
});

test("no message of a run is taken twice, however answers are doubled, late or out of order", () => {
  const answers = fc.array(
    fc.record({
      run: fc.constantFrom("a", "b", "c"),
      shown: fc.uniqueArray(fc.integer({ min: 1, max: 30 }), { maxLength: 6 }),
    }),
  );
  fc.assert(
    fc.property(answers, (all) => {
      let taken: Taken = [];
      const seen: string[] = [];
      for (const { run, shown } of all) {
        const next = takeNew(
          taken,
          run,
          shown.map((seq) => ({ seq, message: giveBack(seq) })),
        );
        taken = next.taken;
        seen.push(...next.messages.map((message) => `${run} ${JSON.stringify(message)}`));
      }
      expect(new Set(seen).size).toBe(seen.length);
      expect(taken.length).toBeLessThanOrEqual(4);
    }),
  );
});
