/** The tests of one area's mutants: each dies by the checker that its table names, which finds nothing in what ships. */
import { describe, expect, test } from "vitest";
import type { Mutant, MutantArea } from "../../src/sim/mutants/mutant.ts";
import { mutants } from "../../src/sim/mutants/table.ts";
import { findingIn, findingInShipped } from "./kill.ts";

/** The words by which a finding is known to be the one that the table means. */
function wordsOf({ diesIn }: Mutant): string {
  // These are run by themselves; whatever they find is what they were made for.
  const isAlone = diesIn.checker === "property" || diesIn.checker === "rehearsal";
  return isAlone ? "" : diesIn.property;
}

export function mutantsOf(area: MutantArea): void {
  const ofArea = mutants.filter((mutant) => mutant.area === area);
  describe(`of the bugs in the area ${area}`, () => {
    test.each(ofArea.map((mutant) => [mutant.id, mutant] as const))(
      "%s dies",
      async (_, mutant) => {
        const found = await findingIn(mutant);
        expect(found, `${mutant.id} survives: ${mutant.name}`).not.toBeNull();
        expect(found).toContain(wordsOf(mutant));
      },
    );
    test.each(ofArea.map((mutant) => [mutant.id, mutant] as const))(
      "what finds %s finds nothing in what ships",
      async (_, mutant) => {
        expect(await findingInShipped(mutant)).toBeNull();
      },
    );
  });
}
