/** Kinds that CRDs define: from a CRD to the kind that the server then knows. */
import type { Json } from "../../../core/kernel/json.ts";
import { fieldAt, isObject, type KubeObject, listOr } from "./kube-object.ts";
import type { PrinterColumn, ResourceType, Subresource } from "./resource-type.ts";
import { type Schema, withObjectFields } from "./schema.ts";

const texts = (value: Json | undefined): readonly string[] => listOr(value).map(String);

const textAt = (value: Json | undefined, field: string, otherwise = ""): string => {
  const found = fieldAt(value, field);
  return typeof found === "string" && found !== "" ? found : otherwise;
};

/** The served version that is stored; undefined when the CRD has none. */
export function customType(crd: KubeObject): ResourceType | undefined {
  const spec = crd["spec"];
  const version = listOr(fieldAt(spec, "versions")).find(
    (one) => fieldAt(one, "served") === true && fieldAt(one, "storage") === true,
  );
  if (version === undefined) return undefined;
  const names = fieldAt(spec, "names");
  const kind = textAt(names, "kind");
  const subresources = fieldAt(version, "subresources");
  const has = (name: Subresource): boolean => isObject(fieldAt(subresources, name));
  const schema = fieldAt(version, "schema", "openAPIV3Schema") ?? {};
  const scale = fieldAt(subresources, "scale");
  const selector = textAt(scale, "labelSelectorPath");
  return {
    group: textAt(spec, "group"),
    version: textAt(version, "name"),
    kind,
    listKind: textAt(names, "listKind", `${kind}List`),
    plural: textAt(names, "plural"),
    singular: textAt(names, "singular", kind.toLowerCase()),
    shortNames: texts(fieldAt(names, "shortNames")),
    categories: texts(fieldAt(names, "categories")),
    namespaced: fieldAt(spec, "scope") === "Namespaced",
    subresources: (["scale", "status"] as const).filter(has),
    schema: withObjectFields(schema as Schema), // A CRD's schema is one of these.
    custom: true,
    countsGenerations: true,
    columns: listOr(fieldAt(version, "additionalPrinterColumns")) as readonly PrinterColumn[], // By the CRD's own schema.
    selectableFields: listOr(fieldAt(version, "selectableFields")).map((one) =>
      textAt(one, "jsonPath").replace(/^\./, ""),
    ),
    ...(has("scale")
      ? {
          scalePaths: {
            spec: textAt(scale, "specReplicasPath"),
            status: textAt(scale, "statusReplicasPath"),
            ...(selector === "" ? {} : { selector }),
          },
        }
      : {}),
  };
}

/** Whether the CRD says of itself that its kind is served. */
export function isEstablished(crd: KubeObject): boolean {
  return listOr(fieldAt(crd, "status", "conditions")).some(
    (one) => fieldAt(one, "type") === "Established" && fieldAt(one, "status") === "True",
  );
}
