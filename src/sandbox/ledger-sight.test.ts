import { expect, test } from "vitest";
import { agentReport } from "../../test/agent-report.ts";
import { sandboxLayout } from "./layout.ts";
import { activeRegion, lookAtLedger, regionOf } from "./ledger-sight.ts";

const [fsn, hel] = ["hz-fsn-rtz-prod", "hz-hel-rtz-prod"] as const;

test("who serves is active, who may take over stands by, who needs a person says why first", () => {
  const active = regionOf(agentReport({ cluster: fsn, epoch: 3, leftMs: 9_000 }));
  expect(active).toMatchObject({ role: "active", epoch: 3, leftMs: 9_000, recorded: "in_sync" });
  const standby = regionOf(agentReport({ cluster: hel }));
  expect(standby).toMatchObject({ role: "standby", epoch: null, because: "" });
  const needs = [{ reason: "NoRecord", because: "it has no record", remedy: "rearm" }];
  expect(regionOf(agentReport({ cluster: hel, needs })).because).toBe("it has no record");
});

test("two that say they serve are nobody: the screen never chooses between them", () => {
  const both = [fsn, hel].map((cluster) => regionOf(agentReport({ cluster, epoch: 3 })));
  expect(activeRegion(both)).toBeUndefined();
  expect(activeRegion(both.slice(1))?.cluster).toBe(hel);
});

test("an agent that nobody hears is silent, which is not fenced", async () => {
  const regions = await lookAtLedger(sandboxLayout("/nowhere", "127.251"));
  expect(regions.map(({ role }) => role)).toEqual(["silent", "silent"]);
  expect(regions[0]?.because).toBe("its agent does not answer");
});
