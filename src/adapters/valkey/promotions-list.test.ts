import { expect, test } from "vitest";
import { Failure } from "../../core/kernel/failure.ts";
import { lastPromotion, promotionsKey, writePromotion } from "./promotions-list.ts";

/** A list in memory, asked as a server is asked. */
function listOf(texts: readonly string[]) {
  const list = [...texts];
  const ask = async (...[command, key, ...words]: readonly string[]): Promise<unknown> => {
    expect(key).toBe(promotionsKey);
    if (command === "LINDEX") return list[0] ?? null;
    if (command === "LPUSH") return list.unshift(words[0] ?? "");
    if (command === "LSET") list[0] = words[1] ?? "";
    return "OK";
  };
  return { ask, list };
}

const at = { epoch: 4, region: "hz-fsn-rtz-prod" };

test("each promotion that made a replica writable begins a line of its own", async () => {
  const { ask, list } = listOf([]);
  expect(await lastPromotion(ask)).toBeNull();
  const first = await writePromotion(ask, at, { last: null, isNew: true });
  expect(first).toMatchObject({ ...at, line: 1 });
  const later = { ...at, epoch: 5 };
  const second = await writePromotion(ask, later, { last: first, isNew: false });
  expect(second).toMatchObject({ epoch: 5, line: 1 });
  const third = await writePromotion(ask, later, { last: second, isNew: true });
  expect(third).toMatchObject({ epoch: 5, line: 2 });
  expect(await lastPromotion(ask)).toEqual(third);
  expect(list).toHaveLength(3);
});

test("what is proven again is written, and stays one entry", async () => {
  const { ask, list } = listOf([]);
  const first = await writePromotion(ask, at, { last: null, isNew: true });
  expect(await writePromotion(ask, at, { last: first, isNew: false })).toEqual(first);
  expect(list).toHaveLength(1);
});

test.each(["", "{}", "[]", '{"id":"x","epoch":0,"region":"a","line":1}'])(
  "an entry that no agent wrote is told: %s",
  async (text) => {
    await expect(lastPromotion(listOf([text]).ask)).rejects.toBeInstanceOf(Failure);
  },
);
