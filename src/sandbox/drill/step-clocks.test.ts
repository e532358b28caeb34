import { expect, test } from "vitest";
import type { SandboxConnection } from "../connection.ts";
import type { SandboxStatus } from "../protocol.ts";
import { type StepTools, stepClocks } from "./step-clocks.ts";

type Wrong = {
  readonly unseen?: boolean;
  readonly neverWhole?: boolean;
  readonly silent?: boolean;
};

const status: SandboxStatus = {
  ...{ pid: 1, startedAtMs: 0, base: "127.10", network: "proxy", domain: "sovereign.test" },
  ...{
    probeIntervalMs: 1_000,
    ttlSeconds: 1,
    ready: true,
    waitingFor: [],
    shared: [],
    regions: [],
  },
};

/** Two regions in memory: a step ends the serving of one and begins that of the other. */
function world(wrong: Wrong = {}): { readonly tools: StepTools; readonly asked: string[] } {
  const asked: string[] = [];
  let serving = "fsn";
  let epoch = 7;
  const connection: SandboxConnection = {
    request: async (wanted) => {
      asked.push([wanted.command, "region" in wanted ? wanted.region : ""].join(" "));
      return status;
    },
    closed: new Promise(() => undefined),
    close: () => undefined,
  };
  const tools: StepTools = {
    connection,
    regions: ["fsn", "hel"],
    stepSeconds: [60, -3_600],
    setClock: async (region, aheadSeconds) => {
      asked.push(`${region} ${aheadSeconds}`);
      if (aheadSeconds === 0 || wrong.unseen === true) return;
      epoch += 1;
      // The first step moves the group; after the second the same region takes it again.
      if (aheadSeconds > 0) serving = region === "fsn" ? "hel" : "fsn";
    },
    epochOf: async (region) => {
      if (wrong.silent === true) return undefined;
      return serving === region ? epoch : null;
    },
    isWhole: async () => wrong.neverWhole !== true,
    until: (done) => done(),
    tell: () => undefined,
  };
  return { tools, asked };
}

const given = ["break fsn", "break hel"];

test("an agent that goes on serving after a step is told, and its clock is set back", async () => {
  const { tools, asked } = world({ unseen: true });
  const clocks = stepClocks(tools);
  await clocks.begin();
  expect(clocks.unmet?.()).toEqual([
    "the wall clock of fsn's agent is stepped by +60 s, and it went on in epoch 7",
    "the wall clock of fsn's agent is stepped by −3600 s, and it went on in epoch 7",
  ]);
  expect(asked).toEqual([...given, "fsn 60", "fsn 0", "fsn -3600", "fsn 0"]);
});

test("no step follows one after which the group is not as it should be", async () => {
  const { tools, asked } = world({ neverWhole: true });
  const clocks = stepClocks(tools);
  await clocks.begin();
  expect(clocks.unmet?.()).toHaveLength(3);
  expect(asked).toEqual([...given, "fsn 60", "fsn 0"]);
});

test("where nobody says that it serves no clock is stepped", async () => {
  const { tools, asked } = world({ silent: true });
  await expect(stepClocks(tools).begin()).rejects.toMatchObject({ code: "DrillRefused" });
  expect(asked).toEqual(given);
});

test("each step is done to whoever serves then, and both agents get the machine's clock again, once", async () => {
  const { tools, asked } = world();
  const clocks = stepClocks(tools);
  await clocks.restore();
  expect(asked).toEqual([]);
  await clocks.begin();
  await clocks.restore();
  await clocks.restore();
  expect(clocks.unmet?.()).toEqual([]);
  expect(asked).toEqual([
    ...given,
    ...["fsn 60", "fsn 0", "hel -3600", "hel 0"],
    ...["restore fsn", "restore hel"],
  ]);
});
