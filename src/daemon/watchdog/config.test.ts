import fc from "fast-check";
import { expect, test } from "vitest";
import { Failure } from "../../core/kernel/failure.ts";
import { configDigest, parseWatchdogConfig } from "./config.ts";

const confirm = { argv: ["/usr/bin/pg_ctl", "status"], exitCodes: [3], limitMs: 2_000 };
const step = { argv: ["/usr/bin/pg_ctl", "stop", "-m", "fast"], limitMs: 5_000 };
const right = {
  folder: "/var/lib/sovereign/watchdog",
  fence: { steps: [step], confirm },
  gapNoticeMs: 100,
  longestTenureMs: 30_000,
};

test("what is left out has a value", () => {
  expect(parseWatchdogConfig(JSON.stringify(right))).toEqual({
    ...right,
    retryMs: 500,
    tickMs: 100,
    uptimeFile: "/proc/uptime",
  });
});

test.each([
  ["an unknown field", { color: "red" }, "color"],
  ["a folder that is not absolute", { folder: "run" }, "folder"],
  ["a folder too long for a socket", { folder: `/${"x".repeat(100)}` }, "folder"],
  ["no fence", { fence: undefined }, "fence"],
  ["a fence without steps", { fence: { steps: [], confirm } }, "fence.steps"],
  ["a fence that nobody confirms", { fence: { steps: [step] } }, "fence.confirm"],
  [
    "no exit code that confirms",
    { fence: { steps: [step], confirm: { ...confirm, exitCodes: [] } } },
    "fence.confirm.exitCodes",
  ],
  [
    "a program that is looked for in the path",
    { fence: { steps: [{ ...step, argv: ["pg_ctl"] }], confirm } },
    "fence.steps[0].argv",
  ],
  [
    "a command in one text",
    { fence: { steps: [{ ...step, argv: "/bin/stop now" }], confirm } },
    "fence.steps[0].argv",
  ],
  [
    "a step without a limit",
    { fence: { steps: [{ argv: step.argv }], confirm } },
    "fence.steps[0].limitMs",
  ],
  ["a time of nothing", { gapNoticeMs: 0 }, "gapNoticeMs"],
  ["a tenure without end", { longestTenureMs: 1e12 }, "longestTenureMs"],
])("%s is refused, and the field is named", (_, change, field) => {
  let failure: unknown;
  try {
    parseWatchdogConfig(JSON.stringify({ ...right, ...change }));
  } catch (thrown) {
    failure = thrown;
  }
  expect(failure).toMatchObject({ code: "ConfigInvalid", field });
});

test("no text makes it fail in another way", () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
      try {
        parseWatchdogConfig(text);
      } catch (thrown) {
        expect(thrown).toBeInstanceOf(Failure);
      }
    }),
  );
});

test("two configurations have one digest when a watchdog does the same by both", () => {
  const digestOf = (change: object): string =>
    configDigest(parseWatchdogConfig(JSON.stringify({ ...right, ...change })));
  expect(digestOf({ retryMs: 500 })).toBe(digestOf({}));
  expect(digestOf({ longestTenureMs: 40_000 })).not.toBe(digestOf({}));
  expect(digestOf({ fence: { steps: [step, step], confirm } })).not.toBe(digestOf({}));
});
