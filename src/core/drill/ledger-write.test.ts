import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { positionBytes, readAcknowledgement } from "./ledger-write.ts";

describe("a position in a log", () => {
  test.each([
    ["0/0", 0],
    ["0/3000148", 0x3000148],
    ["16/B374D848", 0x16 * 2 ** 32 + 0xb374d848],
    [42, 42],
  ])("%s is %i bytes", (text, bytes) => expect(positionBytes(text)).toBe(bytes));

  test.each([
    "",
    "1",
    "1/",
    "/1",
    "g/1",
    "1/123456789",
    "-1/2",
    "1/2 ",
    -1,
    1.5,
    null,
    undefined,
    {},
    "FFFFFFFF/FFFFFFFF",
  ])("%j is none, or too large to be told exactly", (text) =>
    expect(positionBytes(text)).toBeUndefined(),
  );

  test("what PostgreSQL writes is read back", () => {
    fc.assert(
      fc.property(fc.nat({ max: 2 ** 20 }), fc.nat({ max: 2 ** 31 }), (high, low) => {
        const text = `${high.toString(16).toUpperCase()}/${low.toString(16).toUpperCase()}`;
        expect(positionBytes(text)).toBe(high * 2 ** 32 + low);
      }),
    );
  });
});

describe("an acknowledgement", () => {
  const body = { id: "a", region: "hz-fsn-rtz-prod", epoch: 7, lsn: "0/10" };
  test("is believed when it names the identifier that was sent and who wrote it", () => {
    const said = { region: "hz-fsn-rtz-prod", epoch: 7, position: 16 };
    expect(readAcknowledgement("a", body)).toEqual(said);
  });
  test.each([
    ["another identifier", { ...body, id: "b" }],
    ["no region", { ...body, region: undefined }],
    ["an empty region", { ...body, region: "" }],
    ["no JSON", undefined],
    ["null", null],
    ["a text", "a"],
    ["a list", ["a"]],
  ])("with %s takes responsibility for nothing", (_, said) =>
    expect(readAcknowledgement("a", said)).toBeUndefined(),
  );
  test("without an epoch or a position is one, and both are not known", () => {
    const said = readAcknowledgement("a", { id: "a", region: "x", epoch: "7", lsn: "?" });
    expect(said).toEqual({ region: "x", epoch: null, position: null });
  });
  test("of anything at all is read without an exception", () => {
    fc.assert(fc.property(fc.anything(), (said) => void readAcknowledgement("a", said)));
  });
});
