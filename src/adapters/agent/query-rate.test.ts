import fc from "fast-check";
import { expect, test } from "vitest";
import { networkOf, queryRate } from "./query-rate.ts";

const rate = { perSecond: 10, burst: 5, networksMax: 3 };

test("a network is answered up to its burst, then every second time briefly, and again after a while", () => {
  const judge = queryRate(rate);
  const ask = (nowMs: number) => judge("192.0.2.1", nowMs);
  const over = ["briefly", "drop"];
  expect(Array.from({ length: 9 }, () => ask(0))).toEqual([
    ...Array(5).fill("answer"),
    ...over,
    ...over,
  ]);
  expect([ask(200), ask(200), ask(200)]).toEqual(["answer", "answer", "briefly"]);
});

test("one network's flood costs another nothing, and addresses of one network share", () => {
  const judge = queryRate(rate);
  for (let i = 0; i < 20; i++) judge(`192.0.2.${i}`, 0);
  expect(judge("192.0.2.200", 0)).not.toBe("answer");
  expect(judge("192.0.3.1", 0)).toBe("answer");
});

test("never more networks are remembered than it was told", () => {
  const judge = queryRate(rate);
  for (let i = 0; i < 9; i++) judge("192.0.2.1", 0);
  for (const address of ["198.51.100.1", "203.0.113.1", "192.0.3.1"]) judge(address, 0);
  // It was forgotten, and begins anew.
  expect(judge("192.0.2.1", 0)).toBe("answer");
});

test.each([
  ["192.0.2.77", "192.0.2"],
  ["::ffff:192.0.2.77", "192.0.2"],
  ["2001:db8:1:2::5", "2001:db8:1"],
  ["2001:db8::5", "2001:db8:0"],
  ["::1", "0:0:0"],
])("%s is of the network %s", (address, network) => {
  expect(networkOf(address)).toBe(network);
});

test("whatever the moments, what is answered is never more than the rate and the burst allow", () => {
  fc.assert(
    fc.property(fc.array(fc.nat(300), { maxLength: 200 }), (pauses) => {
      const judge = queryRate(rate);
      let nowMs = 0;
      let answered = 0;
      for (const pauseMs of pauses) {
        nowMs += pauseMs;
        if (judge("192.0.2.1", nowMs) === "answer") answered += 1;
      }
      expect(answered).toBeLessThanOrEqual(rate.burst + (nowMs / 1_000) * rate.perSecond + 1);
    }),
  );
});
