/** All files that `npm run generate` makes, as values: what they hold depends on the sources and the examples alone. */
import { stringify } from "yaml";
import type { JsonObject } from "../../core/kernel/json.ts";
import { crdName, crdOf } from "../../core/resources/crd.ts";
import { jsonSchemaOf } from "../../core/resources/json-schema.ts";
import { kinds } from "../../core/resources/normalise.ts";
import { commandReference } from "./commands.ts";
import { errorReference } from "./errors.ts";
import { eventReference, metricReference } from "./events.ts";
import { failureModes } from "./failure-modes.ts";
import { rbac } from "./rbac.ts";
import { resourceReference } from "./resources.ts";

export type GeneratedFile = {
  /** Path below the checkout, with forward slashes. */
  readonly path: string;
  readonly contents: string;
};

/** Folders in which there is nothing but generated files. */
export const generatedFolders = ["deploy/crds", "deploy/schemas"] as const;

const yamlOf = (value: JsonObject): string =>
  stringify(value, { lineWidth: 0, aliasDuplicateObjects: false });

/** Every generated file; `readFile` gives the text of a file of the checkout. */
export async function generatedFiles(
  readFile: (path: string) => string,
): Promise<readonly GeneratedFile[]> {
  const banner = "# Generated from src/core/resources by npm run generate; do not edit.\n";
  return [
    ...kinds.map((kind) => ({
      path: `deploy/crds/${crdName(kind)}.yaml`,
      contents: banner + yamlOf(crdOf(kind)),
    })),
    ...kinds.map((kind) => {
      const schema = { title: kind, ...jsonSchemaOf(kind, "draft-2020-12") };
      return {
        path: `deploy/schemas/${kind.toLowerCase()}.schema.json`,
        contents: `${JSON.stringify(schema, undefined, 2)}\n`,
      };
    }),
    { path: "docs/reference/resources.md", contents: resourceReference(readFile) },
    { path: "docs/reference/errors.md", contents: errorReference() },
    { path: "docs/reference/cli.md", contents: await commandReference() },
    { path: "docs/reference/events.md", contents: eventReference() },
    { path: "docs/reference/metrics.md", contents: metricReference() },
    { path: "docs/failure-modes.md", contents: failureModes() },
    { path: "deploy/kubernetes/base/rbac.yaml", contents: rbac() },
    {
      path: "deploy/kubernetes/base/crds.yaml",
      contents: banner + kinds.map((kind) => yamlOf(crdOf(kind))).join("---\n"),
    },
  ];
}
