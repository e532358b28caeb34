import { expect, test } from "vitest";
import { machineMonotonicMs } from "../../adapters/agent/machine-clock.ts";
import { initialState } from "../../core/failover/initial-state.ts";
import { groupOf } from "../../core/failover/rehearsal.ts";
import type { AgentState } from "../../core/failover/state.ts";
import type { FenceConfig } from "../watchdog/fence-action.ts";
import { type DataFolder, doubtOfFence } from "./fence-doubt.ts";

const group = groupOf("sticky");
const [self, peer] = group.regions;
const fenced = initialState({ self, peer, group }, "agent-1", 0);
const serving: AgentState = {
  ...fenced,
  authority: { kind: "lease", epoch: 1, rev: 1, untilAtMs: machineMonotonicMs() + 600_000 },
  data: { kind: "serving", epoch: 1 },
};
const promoting: AgentState = {
  ...serving,
  data: { kind: "promoting", epoch: 1, sinceAtMs: 0, done: [], waiting: [], retryAtMs: null },
};
const sh = (script: string) => ({ argv: ["/bin/sh", "-c", script], limitMs: 20_000 });
const saying = (script: string): FenceConfig => ({
  steps: [sh("true")],
  confirm: { ...sh(script), exitCodes: [0] },
});
const shipped = (...folders: readonly string[]): FenceConfig =>
  shippedAs("program/postgres-fence.js", ...folders);
const shippedAs = (program: string, ...folders: readonly string[]): FenceConfig => {
  const data = folders.flatMap((folder) => ["--data", folder]);
  const argv = ["/bin/true", `/opt/sovereign/dist/${program}`, ...data];
  return {
    steps: [{ argv, limitMs: 20_000 }],
    confirm: { argv, limitMs: 20_000, exitCodes: [0] },
  };
};

const bothAs = (...folders: readonly string[]): FenceConfig => {
  const argv = ["/bin/true", "/opt/dist/daemon/valkey-fence/main.js", ...folders];
  return {
    steps: [{ argv, limitMs: 20_000 }],
    confirm: { argv, limitMs: 20_000, exitCodes: [0] },
  };
};
const withValkey = bothAs("--data", "/cache", "--postgresql", "/data");
const withTwo = bothAs("--data", "/cache", "--data", "/cache-2/", "--postgresql", "/data");
const swapped = bothAs("--data", "/data", "--postgresql", "/cache");

const dataOf = (folder: string): DataFolder => ({
  kind: folder.startsWith("/cache") ? "valkey" : "postgresql",
  folder,
});

test.each<[string, FenceConfig, AgentState, readonly string[], RegExp | null]>([
  ["says fenced of a region that serves", saying("exit 0"), serving, ["/data"], /other data/],
  ["says writing of a region that serves", saying("exit 1"), serving, ["/data"], null],
  ["says fenced of a fenced region", saying("exit 0"), fenced, ["/data"], null],
  ["says writing of a fenced region", saying("exit 1"), fenced, ["/data"], /does not say/],
  ["says anything while a promotion is under way", saying("exit 0"), promoting, ["/data"], null],
  ["says anything of a region without data", saying("exit 0"), serving, [], null],
  [
    "can not be run",
    { ...saying(""), confirm: { argv: ["/nowhere/confirm"], limitMs: 1_000, exitCodes: [0] } },
    fenced,
    ["/data"],
    /can not be run/,
  ],
  ["is for other folders", shipped("/else"), fenced, ["/data"], /is for \/else .* in \/data/],
  [
    "is for other folders, as it was installed before",
    shippedAs("daemon/postgres-fence/main.js", "/else"),
    fenced,
    ["/data"],
    /is for \/else/,
  ],
  [
    "is for one folder of two",
    shipped("/data"),
    fenced,
    ["/data", "/more"],
    /is for \/data \(postgresql\), and/,
  ],
  ["is for both kinds of servers", withValkey, fenced, ["/cache", "/data"], null],
  ["is for two servers of one kind", withTwo, fenced, ["/cache", "/cache-2", "/data"], null],
  ["is for one server of two", withTwo, fenced, ["/cache", "/data"], /is for \/cache .*-2/],
  ["takes one kind for the other", swapped, fenced, ["/cache", "/data"], /\/cache \(postgresql\)/],
  ["leaves out the other kind", withValkey, fenced, ["/cache", "/data", "/more"], /is for/],
  ["is for no folder", shipped(), fenced, ["/data"], /is for no data/],
  ["is for all folders, in any order", shipped("/more", "/data"), fenced, ["/data", "/more"], null],
])(
  "a fence whose confirmation %s is doubted or not",
  async (_how, fence, state, folders, doubt) => {
    const said = await doubtOfFence(fence, folders.map(dataOf), () => state);
    if (doubt === null) expect(said).toBeNull();
    else expect(said).toMatch(doubt);
  },
);

test("what changes while the confirmation runs is looked at the next time", async () => {
  let asked = 0;
  const state = (): AgentState => (asked++ === 0 ? serving : fenced);
  expect(await doubtOfFence(saying("exit 0"), [dataOf("/data")], state)).toBeNull();
});
