/** What an Organization and an Environment must fulfil beyond their shape. */

import { composeEnvironmentName, parseOrganizationName } from "../../names/names.ts";
import type { Environment } from "../environment.ts";
import type { Organization } from "../organization.ts";
import { type DocumentRule, declared } from "./rule.ts";

export const organizationRules: readonly DocumentRule<Organization>[] = [
  {
    reason: "NameInvalid",
    code: "NameInvalid",
    check: ({ metadata }) => {
      const parsed = parseOrganizationName(metadata.name);
      if (parsed.ok) return [];
      return [
        { path: ["metadata", "name"], expected: `the name of an Organization: ${parsed.because}` },
      ];
    },
  },
];

export type EnvironmentFacts = {
  readonly environment: Environment;
  /** Names of all declared Organizations, also of those that are wrong: theirs is the problem then. */
  readonly organizations: ReadonlySet<string>;
  /** False when a file could not be read: what is not found may be declared there. */
  readonly complete: boolean;
};

export const environmentRules: readonly DocumentRule<EnvironmentFacts>[] = [
  {
    reason: "EnvironmentNameMismatch",
    code: "NameInvalid",
    check: ({ environment: { metadata, spec } }) => {
      const name = composeEnvironmentName({
        organization: spec.organizationRef,
        envType: spec.envType,
      });
      return metadata.name === name
        ? []
        : [
            {
              path: ["metadata", "name"],
              expected: `"${name}", because a name is {organizationRef}-{envType}`,
            },
          ];
    },
  },
  {
    reason: "UnknownOrganization",
    check: ({ environment: { spec }, organizations, complete }) =>
      organizations.has(spec.organizationRef) || !complete
        ? []
        : [
            {
              path: ["spec", "organizationRef"],
              expected: declared("an Organization", spec.organizationRef, organizations),
            },
          ],
  },
];
