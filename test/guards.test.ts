/** Every guard of the agent is put out of action by a known bug, which something then finds (ADR 25, ADR 29). */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { mutants } from "../src/sim/mutants/table.ts";
import { root } from "./house/tree.ts";

const read = (path: string): string => readFileSync(join(root, path), "utf8");

/** Names in backticks, as ADR 25 writes its rules. */
function namedInRecord(text: string): readonly string[] {
  return [...text.matchAll(/`([A-Z][a-z]+(?:[A-Z][a-z]*)+)`/g)].map((match) => match[1] ?? "");
}

/** Names after the word guard, as comments write them; several after a comma. */
function namedInCode(text: string): readonly string[] {
  return [...text.matchAll(/\b[Gg]uard:? ((?:[A-Z][a-z]+(?:[A-Z][a-z]*)+(?:, )?)+)/g)].flatMap(
    (match) => (match[1] ?? "").split(", ").filter((name) => name !== ""),
  );
}

const removed = new Set(mutants.map(({ guard }) => guard));

test("the names of guards are found where they are written", () => {
  expect(namedInRecord("- `LostFences`: the call `step(x)` of `Thing`")).toEqual(["LostFences"]);
  expect(namedInCode("// Guard: PromiseBinds, NoRecordNoRight: judged again.")).toEqual([
    "PromiseBinds",
    "NoRecordNoRight",
  ]);
  expect(namedInCode("in flight (guard OneCallAtATime).")).toEqual(["OneCallAtATime"]);
  expect(namedInCode("may be told so (guard ResumeOnLiveLease)")).toEqual(["ResumeOnLiveLease"]);
});

test("no guard of ADR 25 is without a bug that removes it", () => {
  const names = namedInRecord(read("docs/adr/0025-authority.md"));
  expect(names.length).toBeGreaterThan(40);
  expect([...new Set(names)].filter((name) => !removed.has(name))).toEqual([]);
});

test("no guard that the agent's code names is without a bug that removes it", () => {
  const folder = "src/core/failover";
  const names = readdirSync(join(root, folder))
    .filter((file) => /(?<!\.test)\.ts$/.test(file))
    .flatMap((file) => namedInCode(read(`${folder}/${file}`)));
  expect(names.length).toBeGreaterThan(40);
  expect([...new Set(names)].filter((name) => !removed.has(name))).toEqual([]);
});
