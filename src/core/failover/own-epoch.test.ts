import fc from "fast-check";
import { expect, test } from "vitest";
import { leastShown } from "./least-shown.ts";
import { ownEpochAfter } from "./own-epoch.ts";
import { clearRecord, stage } from "./rehearsal.ts";

const here = stage("peerArbiter");
const [a, b] = [here.actor("a").context, here.actor("b").context];

test("an epoch without the witness is above all that is known, and another one in each region", () => {
  fc.assert(
    fc.property(fc.nat(1_000_000), (known) => {
      expect(ownEpochAfter(a, known)).toBeGreaterThan(known + 999);
      expect(ownEpochAfter(a, known)).not.toBe(ownEpochAfter(b, known));
    }),
  );
});

test.each([
  ["the highest epoch that was seen", {}, 5],
  ["what was known before, of an epoch that it can not know", { epochOwn: 1_005 }, 4],
  ["a later epoch that was seen since", { epochOwn: 1_005, epochSeen: 1_006 }, 1_006],
])("a witness has to show at least %s", (_, change, least) => {
  const own = "epochOwn" in change ? { epochSeen: 1_005, epochBeforeOwn: 4 } : {};
  expect(leastShown({ ...clearRecord, epochSeen: 5, ...own, ...change })).toBe(least);
});

test("nothing remembered asks for nothing", () => {
  expect(leastShown(null)).toBe(0);
});
