import { describe, expect, it } from "vitest";
import { boundedText } from "./bounded-text.ts";

/** A body in parts, which notes how many of them were taken. */
function bodyOf(parts: readonly Uint8Array[]): AsyncIterable<Uint8Array> & { taken: number } {
  return {
    taken: 0,
    async *[Symbol.asyncIterator]() {
      for (const part of parts) {
        this.taken += 1;
        yield part;
      }
    },
  };
}

describe("reading an answer no further than a size", () => {
  it("gives up at the part that is too much, and takes none after it", async () => {
    const body = bodyOf([new Uint8Array(6), new Uint8Array(5), new Uint8Array(1)]);
    await expect(boundedText(body, 10)).rejects.toThrow("the answer is larger than 10 bytes");
    expect(body.taken).toBe(2);
  });

  it("reads what is just as large as it may be", async () => {
    expect(await boundedText(bodyOf([Buffer.from("01234"), Buffer.from("56789")]), 10)).toBe(
      "0123456789",
    );
  });

  it("puts a letter together whose bytes come in two parts", async () => {
    const [first = 0, second = 0] = Buffer.from("ö");
    expect(await boundedText(bodyOf([Buffer.from([first]), Buffer.from([second])]), 10)).toBe("ö");
  });

  it("reads an answer without a body as no text", async () => {
    expect(await boundedText(null, 10)).toBe("");
  });
});
