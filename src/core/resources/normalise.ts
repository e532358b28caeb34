/**
 * Which documents are ours, and in which form: documents in the handbook's `catalyst.openova.io/v1alpha1` have the same
 * fields as ours and are taken as such, and the platform's own are put into our form (DESIGN §5). Documents of other API groups live beside ours and are not our business,
 * unless the group looks like a misspelling of ours: overlooking one would take its records away.
 */
import type { Json, JsonObject } from "../kernel/json.ts";
import { didYouMean, nearestName } from "../names/nearest.ts";
import type { DocumentProblem, ParsedDocument } from "./document.ts";
import { apiVersion } from "./fields.ts";
import { fromPlatform, platformVersions } from "./platform.ts";
import { continuumVersion, fromContinuum } from "./platform-continuum.ts";
import { labelOf, problemOf, valueAt } from "./problem.ts";

export const kinds = [
  "Sovereign",
  "Organization",
  "Environment",
  "Application",
  "FailoverGroup",
] as const;
export type Kind = (typeof kinds)[number];

const ourGroup = apiVersion.slice(0, apiVersion.indexOf("/"));
const handbookVersion = "catalyst.openova.io/v1alpha1";
const acceptedVersions = [apiVersion, handbookVersion];
/** Kinds that the platform itself keeps in the same repositories; this edition does not read them. */
const platformKinds: ReadonlySet<string> = new Set([
  "Blueprint",
  "EnvironmentPolicy",
  "Runbook",
  "SecretPolicy",
]);

export type Recognised =
  | { readonly kind: Kind; readonly document: ParsedDocument }
  | { readonly kind: "foreign" }
  /** A Sovereign of the platform; it needs one of ours with the same domain beside it. */
  | { readonly kind: "bareSovereign"; readonly document: ParsedDocument; readonly domain: string }
  | { readonly kind: "wrong"; readonly problems: readonly DocumentProblem[] };

/** Whether a document is one of ours; its value then has our apiVersion. Any JSON value is answered. */
export function recognise(document: ParsedDocument): Recognised {
  const wrong = (reason: string, path: readonly string[], expected: string): Recognised => ({
    kind: "wrong",
    problems: [problemOf(document, { reason }, { path, expected })],
  });
  const { value } = document;
  if (!isObject(value)) return wrong("TypeWrong", [], "a mapping with apiVersion and kind");
  const version = valueAt(value, ["apiVersion"]);
  const kind = valueAt(value, ["kind"]);
  if (typeof version !== "string" || version === "") {
    return wrong(missingOr("TypeWrong", version), ["apiVersion"], apiVersion);
  }
  if (typeof kind !== "string" || kind === "") {
    return wrong(missingOr("TypeWrong", kind), ["kind"], oneOfKinds);
  }
  if (version === "v1" && kind === "List") return refuseOurs(document, value["items"]);
  if (kind === "Continuum" && groupOf(version) === groupOf(continuumVersion)) {
    if (version !== continuumVersion) {
      return wrong("UnknownApiVersion", ["apiVersion"], continuumVersion);
    }
    const continuum = fromContinuum(document);
    return continuum.ok
      ? { kind: "FailoverGroup", document: continuum.document }
      : { kind: "wrong", problems: continuum.problems };
  }
  const platform = fromPlatform(version, kind, value);
  const ours = kinds.find((known) => known === kind);
  if (platform?.kind === "foreign") return platform;
  if (platform?.kind === "bareSovereign") return { ...platform, document };
  if (platform?.kind === "ours" && ours !== undefined) {
    return { kind: ours, document: { ...document, value: platform.value } };
  }
  if (acceptedVersions.includes(version)) {
    if (ours !== undefined) {
      return { kind: ours, document: { ...document, value: { ...value, apiVersion } } };
    }
    if (version === handbookVersion && platformKinds.has(kind)) return { kind: "foreign" };
    return wrong("UnknownKind", ["kind"], oneOfKinds + didYouMean(kind, kinds));
  }
  if (isForeign(version, ours !== undefined)) return { kind: "foreign" };
  return wrong("UnknownApiVersion", ["apiVersion"], apiVersion);
}

/** A list that `kubectl get -o yaml` wrote: nobody looks inside, so a document of ours in it would be overlooked. */
function refuseOurs(document: ParsedDocument, items: Json | undefined): Recognised {
  const all: readonly Json[] = Array.isArray(items) ? items : [];
  const index = all.findIndex((value) => {
    const isDocument = isObject(value) && typeof value["kind"] === "string";
    return isDocument && recognise({ ...document, value }).kind !== "foreign";
  });
  if (index === -1) return { kind: "foreign" };
  const problem = problemOf(
    document,
    { reason: "DocumentInList" },
    {
      path: ["items", index],
      found: `${labelOf(all[index] ?? null)} in a List`,
      expected: "each document by itself; `---` on a line stands between two",
    },
  );
  return { kind: "wrong", problems: [problem] };
}

const oneOfKinds = `one of ${kinds.join(", ")}`;

/** Whether a document of another apiVersion is none of ours, rather than one of ours written wrongly. */
function isForeign(version: string, kindIsOurs: boolean): boolean {
  const group = groupOf(version);
  if (group === ourGroup) return false;
  if (`.${group}`.endsWith(".openova.io")) return !kindIsOurs;
  return (
    !kindIsOurs || nearestName(version, [...acceptedVersions, ...platformVersions]) === undefined
  );
}

function groupOf(version: string): string {
  return version.includes("/") ? version.slice(0, version.indexOf("/")) : "";
}

function missingOr(reason: string, value: Json | undefined): string {
  return value === undefined || value === null || value === "" ? "FieldMissing" : reason;
}

function isObject(value: Json): value is JsonObject {
  return value !== null && typeof value === "object" && !Array.isArray(value);
}
