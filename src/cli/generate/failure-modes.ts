/** `docs/failure-modes.md`: bugs that other systems had, the guard that stands against each here, and what proves that it does. */
import type { Death, Mutant, MutantArea } from "../../sim/mutants/mutant.ts";
import { mutants } from "../../sim/mutants/table.ts";
import { banner, cell, code, table } from "./markdown.ts";

const areas: Readonly<Record<MutantArea, string>> = {
  witness: "The witness, its hosts and the stores behind it",
  timing: "The arithmetic of a lease",
  holding: "Holding the lease",
  taking: "Taking the lease, or authority without it",
  "standing-back": "Standing back while the witness is silent",
  memory: "Restarts, memory and the watchdog",
  data: "People and data",
};

const checkers: Readonly<Record<Death["checker"], string>> = {
  model: "every reachable state of a bounded world of two regions and a witness, nearest first",
  swarm: "a seeded world in which whole agents run and everything fails; one seed is enough",
  conformance: "the suite that every witness and every store has to pass",
  rehearsal: "two agents on a stage, and a script of a few seconds of what they hear",
  property: "a statement about a small pure function, tried on many values where it has many",
};

/** What finds it and how fast, as a table's cell. */
function foundBy(death: Death): string {
  switch (death.checker) {
    case "model":
      return `model \`${death.configuration}\`, within ${death.states.toLocaleString("en")} states: ${cell(death.property)}`;
    case "swarm": {
      const policy = death.policy === undefined ? "" : ` of policy ${death.policy}`;
      return `swarm, seed ${death.seed}${policy}: ${cell(death.property)}`;
    }
    case "conformance":
      return `conformance, "${cell(death.check)}": ${cell(death.property)}`;
    case "property":
    case "rehearsal":
      return `${death.checker}, "${cell(death.property)}"`;
  }
}

function rowsOf(area: MutantArea): readonly (readonly string[])[] {
  return mutants
    .filter((mutant) => mutant.area === area)
    .map(({ id, name, origin, guard, file, diesIn }: Mutant) => [
      code(id),
      cell(name),
      cell(origin),
      `${code(guard)} in ${code(`src/${file}`)}`,
      foundBy(diesIn),
    ]);
}

/** The page. */
export function failureModes(): string {
  const names = Object.keys(areas) as MutantArea[]; // The keys of the table are the areas.
  const kinds = Object.keys(checkers) as Death["checker"][]; // As above.
  const count = (checker: Death["checker"]): number =>
    mutants.filter(({ diesIn }) => diesIn.checker === checker).length;
  return [
    banner,
    "# Failure modes",
    "",
    `${mutants.length} bugs that real systems had, or that checks found here while this was built. Each is put into the code that ships, one`,
    "at a time, by a patch; then the checker that is named has to find it, and has to find nothing in the same place without the",
    "patch. A patch that no longer applies fails as well. Why and how: [ADR 29](adr/0029-mutants.md).",
    "",
    "```sh",
    "npx vitest run --project mutants            # all of them",
    "npx vitest run --project mutants -t <bug>   # one of them",
    "```",
    "",
    "What finds them:",
    "",
    ...table(
      ["checker", "what it is", "bugs"],
      kinds.map((kind) => [kind, checkers[kind], String(count(kind))]),
    ),
    ...names.flatMap((area) => [
      "",
      `## ${areas[area]}`,
      "",
      ...table(["bug", "what went wrong", "where", "guard here", "found by"], rowsOf(area)),
    ]),
    "",
  ].join("\n");
}
