import fc from "fast-check";
import { expect, test } from "vitest";
import { fits, readToken } from "./promotion-token.ts";

const written = (change: Readonly<Record<string, unknown>> = {}): string =>
  Buffer.from(
    JSON.stringify({
      latestCheckpointTimelineID: "3",
      redoWalFile: "000000030000000000000007",
      databaseSystemIdentifier: "7400000000000000001",
      latestCheckpointREDOLocation: "0/7000028",
      timeOfLatestCheckpoint: "Sun Nov 22 03:00:00 2026",
      operatorVersion: "1.30.0",
      ...change,
    }),
  ).toString("base64");

test("what is no token is none", () => {
  for (const text of [null, "", "x", "e30=", written({ latestCheckpointREDOLocation: "nowhere" })])
    expect(readToken(text)).toBeNull();
  fc.assert(fc.property(fc.string(), (text) => readToken(text) === null));
});

test("a token is where a Cluster ended", () => {
  expect(readToken(written())).toEqual({
    systemId: "7400000000000000001",
    timeline: 3,
    position: 0x7000028,
  });
});

test("a copy is promoted with a token only where CloudNativePG would not give it up", () => {
  const token = { systemId: "1", timeline: 3, position: 1_000 };
  const copy = { systemId: "1", timeline: 3, position: 1_120 };
  const rows = [
    [{}, true],
    // It has not replayed all of it yet, and is let wait.
    [{ position: 900 }, true],
    [{ timeline: 2 }, true],
    [{ position: 1_257 }, false],
    [{ timeline: 4 }, false],
    [{ systemId: "2" }, false],
    [{ position: null }, false],
    [{ timeline: null }, false],
  ] as const;
  for (const [change, is] of rows) expect(fits(token, { ...copy, ...change })).toBe(is);
});
