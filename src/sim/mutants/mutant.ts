/** A bug that a real system had, put into the code that ships: it has to die in the ordinary suite (DESIGN §8, ADR 29). */

import type { WitnessLossPolicy } from "../../core/failover/group.ts";

/** Parts of the product that a mutant touches; each has a table of its own beside this file. */
export type MutantArea =
  | "witness"
  | "timing"
  | "holding"
  | "taking"
  | "standing-back"
  | "memory"
  | "data";

export type Mutant = {
  /** Kebab-case; stays the same for good, documents refer to it. */
  readonly id: string;
  readonly area: MutantArea;
  /** What is wrong with it, as a sentence. */
  readonly name: string;
  /** The system or the paper that had it, with where it is written down. */
  readonly origin: string;
  /** The guard that stands against it, by its name in ADR 25 or in the code. */
  readonly guard: string;
  /** The file that is patched, below `src`. */
  readonly file: string;
  /** `find` stands in that file exactly once, or the mutant no longer applies and its test fails. */
  readonly patch: { readonly find: string; readonly replace: string };
  readonly diesIn: Death;
};

/** What has to find it. Every checker finds nothing in the same place of the code that ships. */
export type Death =
  | {
      readonly checker: "model";
      /** A name of `configurations.ts`. */
      readonly configuration: string;
      /** The property that breaks, or a part of its words. */
      readonly property: string;
      /** It breaks before so many states are visited. */
      readonly states: number;
    }
  | {
      readonly checker: "swarm";
      readonly seed: number;
      /** The world is of that policy; else the seed draws one. */
      readonly policy?: WitnessLossPolicy;
      /** Checker of `sim/checkers`. */
      readonly property: string;
    }
  | {
      readonly checker: "conformance";
      /** Name of a check of the witness's contract. */
      readonly check: string;
      /** The violation that it names. */
      readonly property: string;
    }
  /** A name of the table in `test/mutants/properties.ts`, or in `test/mutants/rehearsals.ts`. */
  | { readonly checker: "property" | "rehearsal"; readonly property: string };

/** The text of the file with the bug in it; a mutant that does not apply exactly once is an error. */
export function patched(text: string, { id, file, patch }: Mutant): string {
  const count = text.split(patch.find).length - 1;
  if (count !== 1) {
    throw new Error(`mutant ${id} no longer applies: its text is ${count} times in src/${file}`);
  }
  // A function, so that `$` in the replacement means itself.
  return text.replace(patch.find, () => patch.replace);
}
