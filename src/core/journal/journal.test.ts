/** The chain and the lines of a journal, as data. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { JsonObject } from "../kernel/json.ts";
import { brokenLink, type ChainHead, emptyChain, sealEvent } from "./chain.ts";
import { parseLine, renderLine } from "./line.ts";

/** Any text has a hash of the right form; enough for rules about form. */
const lengthHash = (text: string): string => text.length.toString(16).padStart(64, "0");
const seal = (data: JsonObject, head: ChainHead = emptyChain, key?: string) =>
  sealEvent(
    { type: "test.happened", data, ...(key === undefined ? {} : { key }) },
    { stream: "s", atMs: 7, head },
    lengthHash,
  );

describe("a line is refused", () => {
  const good = renderLine(seal({ a: 1 }));
  test.each([
    ["that is empty", "", "unparsable"],
    ["that ends too early", good.slice(0, -1), "unparsable"],
    ["that is a number", "7", "unparsable"],
    ["that is null", "null", "unparsable"],
    ["that is a list", "[]", "unparsable"],
    ["that lacks its hash", good.replace(/"hash":"[0-9a-f]+",/, ""), "unparsable"],
    ["that has a field too many", good.replace("{", '{"extra":1,'), "unparsable"],
    ["whose key is no text", good.replace('"prev"', '"key":1,"prev"'), "unparsable"],
    ["whose number is no whole number", good.replace('"seq":1', '"seq":1.5'), "unparsable"],
    ["with white space that we never write", good.replace(":", ": "), "foreign"],
    ["with a number in another writing", good.replace('"seq":1', '"seq":1.0'), "foreign"],
    ["with a field twice", good.replace('"seq":1', '"seq":1,"seq":1'), "foreign"],
  ])("%s", (_what, line, kind) => {
    expect(parseLine(line).kind).toBe(kind);
  });
});

describe("an event is refused as a link", () => {
  const first = seal({ a: 1 });
  const second = seal({ a: 2 }, first);
  test.each([
    ["of another stream", { ...second, stream: "t" }, /belongs to the stream "t"/],
    ["that leaves a gap", { ...second, seq: 3 }, /event 3 stands where event 2/],
    ["that follows something else", { ...second, prev: "f".repeat(64) }, /does not name the hash/],
    ["whose contents changed", { ...second, data: { a: 22 } }, /do not have the hash/],
    ["that got a key afterwards", { ...second, key: "k" }, /do not have the hash/],
  ])("%s", (_what, event, reason) => {
    expect(brokenLink(event, first, "s", lengthHash)).toMatch(reason);
  });
});

test("an event follows the one before it, and the first follows nothing", () => {
  const first = seal({ a: 1 });
  expect(first).toMatchObject({ seq: 1, prev: "0".repeat(64), atMs: 7, stream: "s" });
  expect(brokenLink(first, emptyChain, "s", lengthHash)).toBeUndefined();
  expect(brokenLink(seal({ a: 2 }, first, "key"), first, undefined, lengthHash)).toBeUndefined();
});

test("whatever JSON an event holds, its line reads back as the same event", () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string({ unit: "binary" }), fc.jsonValue()), (data) => {
      const stored = JSON.parse(JSON.stringify(data)) as JsonObject; // jsonValue makes JSON only.
      const line = renderLine(seal(stored));
      expect(line).not.toContain("\n");
      const parsed = parseLine(line);
      expect(parsed.kind === "event" ? renderLine(parsed.event) : parsed.reason).toBe(line);
    }),
  );
});

test("parsing never throws, whatever the line is", () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
      expect(parseLine(text).kind).not.toBe("event");
    }),
  );
});
