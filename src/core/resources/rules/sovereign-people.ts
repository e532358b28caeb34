/** What `spec.people` and `spec.witnesses` of a Sovereign must fulfil beyond their shape. */
import { didYouMean } from "../../names/nearest.ts";
import type { JsonPath } from "../document.ts";
import type { Finding } from "../problem.ts";
import type { Sovereign } from "../sovereign.ts";
import { bareKey } from "../sovereign-people.ts";
import { type DocumentRule, repeats } from "./rule.ts";

export const sovereignPeopleRules: readonly DocumentRule<Sovereign>[] = [
  {
    reason: "DuplicatePerson",
    check: ({ spec }) =>
      namesOnce(
        ["spec", "people"],
        (spec.people ?? []).map(({ name }) => name),
      ),
  },
  {
    reason: "DuplicateRole",
    check: ({ spec }) =>
      (spec.people ?? []).flatMap(({ roles }, p) =>
        repeats(roles).map(({ index }) => ({
          path: ["spec", "people", p, "roles", index],
          expected: "each role once",
        })),
      ),
  },
  { reason: "DuplicateKey", check: checkKeys },
  {
    reason: "DuplicateWitness",
    check: ({ spec }) =>
      namesOnce(
        ["spec", "witnesses"],
        (spec.witnesses ?? []).map(({ name }) => name),
      ),
  },
  {
    reason: "UnknownRegion",
    check: ({ spec }) => {
      const clusters = spec.regions.map(({ cluster }) => cluster);
      return (spec.witnesses ?? []).flatMap(({ region }, w) =>
        region === undefined || clusters.includes(region)
          ? []
          : [
              {
                path: ["spec", "witnesses", w, "region"],
                expected: `a region of the Sovereign (${clusters.join(", ")}), or nothing when the witness is outside of all${didYouMean(region, clusters)}`,
              },
            ],
      );
    },
  },
];

function namesOnce(path: JsonPath, names: readonly string[]): readonly Finding[] {
  return repeats(names).map(({ index, first }) => ({
    path: [...path, index, "name"],
    expected: `a name of its own; ${String(path.at(-1))}[${first}] has this one`,
  }));
}

/** One key for two people would make one person two approvals. */
function checkKeys({ spec }: Sovereign): readonly Finding[] {
  const keys = (spec.people ?? []).flatMap(({ name, sshKeys = [] }, p) =>
    sshKeys.map((key, k) => ({
      name,
      key: bareKey(key),
      path: ["spec", "people", p, "sshKeys", k],
    })),
  );
  return repeats(keys.map(({ key }) => key)).flatMap(({ index, first }) => {
    const [again, before] = [keys[index], keys[first]];
    if (again === undefined || before === undefined) return [];
    return [{ path: again.path, expected: `a key of one person only; ${before.name} has it` }];
  });
}
