/** All mutants, by area (ADR 29). */

import type { Mutant } from "./mutant.ts";
import { mutantsOfData } from "./table-data.ts";
import { mutantsOfGuards } from "./table-guards.ts";
import { mutantsOfHolding } from "./table-holding.ts";
import { mutantsOfMemory } from "./table-memory.ts";
import { mutantsOfStandingBack } from "./table-standing-back.ts";
import { mutantsOfTaking } from "./table-taking.ts";
import { mutantsOfTiming } from "./table-timing.ts";
import { mutantsOfTheWitness } from "./table-witness.ts";

export const mutants: readonly Mutant[] = [
  ...mutantsOfTheWitness,
  ...mutantsOfTiming,
  ...mutantsOfHolding,
  ...mutantsOfTaking,
  ...mutantsOfStandingBack,
  ...mutantsOfMemory,
  ...mutantsOfData,
  ...mutantsOfGuards,
];
