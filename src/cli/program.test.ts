/** The command line as a whole: what it says of a wrong one, and in which form it speaks. */
import { afterEach, describe, expect, test } from "vitest";
import { parse } from "yaml";
import { registerSecret } from "../adapters/secrets.ts";
import { assert } from "../core/kernel/assert.ts";
import { Failure } from "../core/kernel/failure.ts";
import { group, makeRun } from "./command.ts";
import { makeIo, type Streams } from "./io.ts";
import { makeProgram } from "./program.ts";

let said = { out: "", err: "", code: 0 };
afterEach(() => {
  said = { out: "", err: "", code: 0 };
});

const streams = (more: Partial<Streams> = {}): Streams => ({
  out: (text) => {
    said.out += text;
  },
  err: (text) => {
    said.err += text;
  },
  terminal: false,
  env: {},
  ...more,
});

async function wrong(...args: readonly string[]): Promise<string> {
  const program = await makeProgram(streams(), () => undefined, args);
  await expect(program.parseAsync(["node", "sovereign", ...args])).rejects.toThrow();
  expect(said.out).toBe("");
  return said.err;
}

describe("a wrong command line", () => {
  test.each([
    ["an unknown command", ["nope"], "unknown command 'nope'"],
    ["a misspelt command", ["validat"], "Did you mean validate?"],
    ["an unknown option", ["validate", "x", "--nope"], "unknown option '--nope'"],
    ["a missing argument", ["validate"], "missing required argument 'folder'"],
    ["an argument too many", ["validate", "x", "y"], "too many arguments"],
    ["an unknown format", ["-o", "xml", "validate", "x"], "Allowed choices are text, json, yaml"],
  ])("%s is named, with the way to help", async (_what, args, words) => {
    const err = await wrong(...args);
    expect(err).toContain(words);
    expect(err).toContain("--help");
  });

  test.each([
    ["before the command", ["--output", "json", "nope"]],
    ["after it", ["validate", "--nope", "--output", "json"]],
  ])("is told as data when machines read, the format standing %s", async (_where, args) => {
    expect(JSON.parse(await wrong(...args))).toMatchObject({
      error: { code: "UsageInvalid", message: expect.stringContaining("nope") },
    });
  });

  test("is told as YAML when that is asked for", async () => {
    expect(parse(await wrong("nope", "-o", "yaml"))).toMatchObject({
      error: { code: "UsageInvalid" },
    });
  });
});

test("a command that is named first is loaded alone; anything else loads all, and the version none", async () => {
  const loaded = async (...words: readonly string[]): Promise<number> =>
    (await makeProgram(streams(), () => undefined, words)).commands.length;
  const all = await loaded();
  expect(all).toBeGreaterThan(10);
  expect(await loaded("validate", "--help")).toBe(1);
  expect(await loaded("--version")).toBe(0);
  for (const word of ["--help", "help", "validat", "toString", "-o"]) {
    expect(await loaded(word), word).toBe(all);
  }
});

test.each([
  ["a terminal gets colour", { terminal: true }, true, true],
  ["a pipe gets none", { terminal: false }, false, false],
  ["nothing is coloured under NO_COLOR", { terminal: true, env: { NO_COLOR: "1" } }, false, false],
  ["an empty NO_COLOR is none", { terminal: true, env: { NO_COLOR: "" } }, true, true],
  ["errors in a file get none", { terminal: true, errTerminal: false }, true, false],
  ["errors on a terminal get it", { terminal: false, errTerminal: true }, false, true],
])("%s", (_what, more, colour, errColour) => {
  const io = makeIo("text", streams(more));
  io.failure(new Failure("NotFound", "there is no such thing"));
  expect(io.colour).toBe(colour);
  expect(said.err.includes("\u001b[31m")).toBe(errColour);
});

test("what others wrote can not command the terminal through a failure", () => {
  const io = makeIo("text", streams());
  io.failure(
    new Failure("NameServerRefused", "it said \u001b[2J\nand more", { where: "\u001b[A" }),
  );
  expect(said.err).not.toContain("\u001b");
  expect(said.err).toContain("\\u001b[2J\nand more");
});

describe("a bug of ours ends with 70 and is told with its stack and without secrets", () => {
  const run = makeRun(streams(), (code) => {
    said.code = code;
  });
  const buggy = async (format: string): Promise<string> => {
    registerSecret("bug-s3cret");
    const command = group("buggy", "Has a bug.")
      .option("--output <format>", "", format)
      .action((_options: unknown, self) =>
        run(self, async () => assert(false, "bug-s3cret is right")),
      );
    await command.parseAsync([], { from: "user" });
    return said.err;
  };

  test("for people", async () => {
    expect(await buggy("text")).toMatch(
      /^This is a bug in Sovereign, .*\nAssertionError: \[redacted\] is right\n {4}at /,
    );
    expect(said.code).toBe(70);
  });

  test("for machines", async () => {
    expect(JSON.parse(await buggy("json"))).toMatchObject({
      error: {
        code: "Unexpected",
        message: "[redacted] is right",
        stack: expect.stringContaining("\n    at "),
      },
    });
    expect(said.code).toBe(70);
  });
});
