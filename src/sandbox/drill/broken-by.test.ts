import { expect, test } from "vitest";
import { ledgerKindFacts, ledgerKinds } from "../../core/drill/ledger-kinds.ts";
import { brokenBy } from "./broken-by.ts";

const ways = ledgerKinds.map((kind) => [kind, ledgerKindFacts[kind].how] as const);
const cuts = ways.filter(([, how]) => how.by === "fault" && how.fault.endsWith("-cut"));
/** What people decide about is a cut, and more. */
const others = ways.filter((way) => !cuts.includes(way) && way[1].by !== "people");

test.each(cuts)("the report of %s says what stood between the regions", (kind) => {
  expect(brokenBy(kind, "namespaces")).toMatch(/^network namespaces: every packet .* is lost/);
  expect(brokenBy(kind, "proxy")).toMatch(/^fault proxies: /);
});

test.each(others)("%s is done in the same way, whatever stands between the regions", (kind) =>
  expect(brokenBy(kind, "namespaces")).toBe(brokenBy(kind, "proxy")),
);
