/** A document with one mistake in it, made from a right example: how it differs, and who says what of it. */
import type { Json, JsonObject } from "../../src/core/kernel/json.ts";
import { isSchema } from "../../src/core/resources/json-schema.ts";
import type { Kind } from "../../src/core/resources/normalise.ts";
import { examplesIn } from "./server-with-crds.ts";

export const twoRegions = examplesIn("examples/two-regions");
export const [fsn, hel] = ["hz-fsn-rtz-prod", "hz-hel-rtz-prod"];
export const ledger = { environmentRef: "payments-prod", name: "ledger" };

export type Variation = {
  readonly name: string;
  /** Put over an Application of active-active in both regions, or over the Sovereign. */
  readonly application?: JsonObject;
  readonly sovereign?: (regions: readonly JsonObject[]) => readonly Json[];
  /** Put over the Sovereign beside its regions. */
  readonly beside?: JsonObject;
  /** Put over a FailoverGroup of one Application. */
  readonly group?: JsonObject;
  readonly server: string;
  /** Reason that our reader gives. */
  readonly reader: string;
};

/** The kind of document that a variation is about. */
export function kindOf({ sovereign, beside, group }: Variation): Kind {
  if (group !== undefined) return "FailoverGroup";
  return sovereign === undefined && beside === undefined ? "Application" : "Sovereign";
}

/** The document of a variation, with a file name of its own. */
export function varied(variation: Variation): JsonObject {
  const { application, sovereign, beside, group } = variation;
  const kind = kindOf(variation);
  const base = twoRegions.find((example) => example.kind === kind)?.document.value;
  if (!isSchema(base) || !isSchema(base["spec"])) throw new Error(`no example of ${kind}`);
  if (sovereign !== undefined) {
    const regions = base["spec"]["regions"] as readonly JsonObject[]; // The example is right.
    return { ...base, spec: { ...base["spec"], regions: sovereign(regions) } };
  }
  if (beside !== undefined) return { ...base, spec: { ...base["spec"], ...beside } };
  if (group !== undefined) {
    const right = { regions: [fsn, hel], covers: { applications: [ledger] } };
    return { ...base, metadata: { name: "varied" }, spec: { ...right, ...group } };
  }
  const right = {
    environmentRef: "payments-prod",
    placement: "active-active",
    regions: [fsn, hel],
  };
  return { ...base, metadata: { name: "varied" }, spec: { ...right, ...application } };
}
