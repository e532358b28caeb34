import { describe, expect, test } from "vitest";
import { begin, rulesOf } from "./begin.ts";
import { makeCanon } from "./canonical.ts";
import { check, selected, summaryOf } from "./check.ts";
import { plainParts } from "./plain.ts";
import { shippedProtocol } from "./protocol.ts";
import { search } from "./search.ts";
import { tabledParts } from "./tabled.ts";
import { actionsOf, perform } from "./transition.ts";
import type { World } from "./world.ts";

/** Small enough for the ordinary suite; `sovereign simulate --model` visits all. */
const gate = ["fence-gate", "sticky-gate", "peerArbiter-gate"];

describe("in every state that can be reached", () => {
  test.each(gate)("%s: one region at most may write, and every milestone is reached", (name) => {
    const [configuration] = selected({ names: [name] });
    if (configuration === undefined) throw new Error(`no configuration ${name}`);
    const found = check(shippedProtocol, configuration, { states: 2_000_000 });
    expect(found.violation?.trace.join("\n"), summaryOf(found)).toBeUndefined();
    expect(found.isExhausted, summaryOf(found)).toBe(true);
    expect(found.missed).toEqual([]);
  });
});

describe("the tables", () => {
  /** The states within some transitions of the first one, done with whole objects only. */
  function plainCount(name: string, depth: number): number {
    const [configuration] = selected({ names: [name] });
    if (configuration === undefined) throw new Error(`no configuration ${name}`);
    const rules = rulesOf(shippedProtocol, configuration);
    const parts = plainParts(rules);
    const tabled = tabledParts(rules);
    const canon = makeCanon(tabled.workshop);
    const seen = new Set<string>();
    let frontier: World[] = [begin(rules)];
    for (let level = 0; level <= depth; level += 1) {
      const next: World[] = [];
      for (const world of frontier) {
        const { form } = canon.form(tabled.placed(world));
        const key = form.join();
        if (seen.has(key)) continue;
        seen.add(key);
        for (const action of actionsOf(world, parts, configuration)) {
          next.push(perform(world, action, parts, configuration).world);
        }
      }
      frontier = next;
    }
    return seen.size;
  }

  test.each([
    ["sticky-network", 6],
    ["sticky-restarts", 5],
    ["peerArbiter-late", 5],
    ["sticky-stores", 5],
  ])("of %s hold the very states that the objects reach in %i transitions", (name, depth) => {
    const [configuration] = selected({ names: [name] });
    if (configuration === undefined) throw new Error(`no configuration ${name}`);
    const rules = rulesOf(shippedProtocol, configuration);
    const found = search(begin(rules), rules, { states: Number.POSITIVE_INFINITY, depth });
    expect(found.states).toBe(plainCount(name, depth));
    expect(found.states).toBeGreaterThan(100);
  });
});
