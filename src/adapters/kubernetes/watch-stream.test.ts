import fc from "fast-check";
import { expect, test } from "vitest";
import { linesOf, watchLineOf } from "./watch-stream.ts";

async function* streamOf(chunks: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  for (const chunk of chunks) yield await Promise.resolve(chunk);
}

async function read(chunks: readonly Uint8Array[], bytesMax?: number): Promise<readonly string[]> {
  const lines: string[] = [];
  for await (const line of linesOf(streamOf(chunks), bytesMax)) lines.push(line);
  return lines;
}

/** The bytes cut at these places. */
function cut(bytes: Uint8Array, places: readonly number[]): readonly Uint8Array[] {
  const at = [0, ...places.map((place) => place % (bytes.length + 1)), bytes.length].sort(
    (a, b) => a - b,
  );
  return at.slice(1).map((end, index) => bytes.subarray(at[index], end));
}

test("lines are the same however the bytes are cut, within characters too", async () => {
  const line = fc.string({ unit: fc.constantFrom(...'aZ09 "{}\t\0é€😀') });
  await fc.assert(
    fc.asyncProperty(fc.array(line), fc.array(fc.nat()), async (lines, places) => {
      const bytes = Buffer.from(lines.map((each) => `${each}\n`).join(""));
      expect(await read(cut(bytes, places))).toEqual(lines);
    }),
  );
});

test("a line that has no end at the stream's end is an error, after the lines before it", async () => {
  await expect(read([Buffer.from("a\nb")])).rejects.toThrow("in the middle of a line");
});

test.each([
  ["in one piece", ["x".repeat(11), "\n"]],
  ["with its end in the same piece", [`${"x".repeat(11)}\n`]],
  ["in many pieces", Array.from({ length: 11 }, () => "x")],
])(
  "a line of more bytes than the limit, %s, is an error before it is kept",
  async (_name, pieces) => {
    const chunks = pieces.map((piece) => Buffer.from(piece));
    await expect(read(chunks, 10)).rejects.toThrow("longer than 10 bytes");
  },
);

test("a line of the longest length is read", async () => {
  expect(await read([Buffer.from(`${"x".repeat(10)}\n${"y".repeat(10)}\n`)], 10)).toHaveLength(2);
});

test("whatever a line is, it is an event, an error or unreadable", () => {
  const type = fc.constantFrom(
    "ADDED",
    "MODIFIED",
    "DELETED",
    "BOOKMARK",
    "ERROR",
    "OTHER",
    "toString",
  );
  const line = fc.oneof(
    fc.string({ unit: fc.constantFrom(...'aZ09 "{}[]:,\t\0é€😀', "\ud800") }),
    fc.json(),
    fc.record({ type, object: fc.jsonValue() }).map((value) => JSON.stringify(value)),
  );
  fc.assert(
    fc.property(line, (text) => {
      expect(["event", "error", "unreadable"]).toContain(watchLineOf(text).kind);
    }),
  );
});

test("an object comes through as it is, whatever fields it has", () => {
  const fields = fc.dictionary(fc.constantFrom("spec", "status", "data"), fc.jsonValue());
  fc.assert(
    fc.property(fields, (rest) => {
      const sent: unknown = JSON.parse(
        JSON.stringify({
          ...rest,
          apiVersion: "v1",
          kind: "A",
          metadata: { name: "a", resourceVersion: "1" },
        }),
      );
      const read = watchLineOf(JSON.stringify({ type: "ADDED", object: sent }));
      expect(read).toEqual({ kind: "event", event: { kind: "changed", object: sent } });
    }),
  );
});
