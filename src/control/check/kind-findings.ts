/** Which kinds are installed, in which versions, and whose the CRDs of our own group are. */
import { crdName } from "../../core/resources/crd.ts";
import { kinds } from "../../core/resources/normalise.ts";
import { at, objectsIn } from "../../core/stretch/deployed.ts";
import { apiVersionOf, type KubeObject } from "../kubernetes/kube-object.ts";
import { kubePrograms, type RequestMade, requestsMade } from "../kubernetes/requests-made.ts";
import { partOf } from "./deployed-objects.ts";
import { type Finding, fine } from "./finding.ts";
import { kindKey, objectsOf, type PlatformReading } from "./read-platform.ts";

/** What our installation writes on everything that it makes. */
const ours = { label: "app.kubernetes.io/part-of", value: "sovereign" } as const;

/** The findings; none when CRDs could not be read, which is a finding of its own. */
export function kindFindings(reading: PlatformReading): readonly Finding[] {
  if (!reading.objects.has("customresourcedefinitions.apiextensions.k8s.io")) return [];
  const crds = objectsOf(reading, "customResourceDefinition");
  const byName = new Map(crds.map((crd) => [crd.metadata.name, crd]));
  return [
    ...kinds.map((kind) => ownKind(crdName(kind), byName.get(crdName(kind)))),
    ...platformKinds().map((made) => platformKind(made, byName.get(kindKey(made.kind)))),
  ];
}

/** Kinds of others that a program asks for, once each. */
function platformKinds(): readonly RequestMade[] {
  const made = kubePrograms.flatMap((program) => requestsMade[program]);
  const custom = made.filter(({ kind }) => !kind.isBuiltIn);
  return custom.filter(
    ({ kind }, index) =>
      custom.findIndex((other) => kindKey(other.kind) === kindKey(kind)) === index,
  );
}

function ownKind(name: string, crd: KubeObject | undefined): Finding {
  const document = `CustomResourceDefinition ${name}`;
  if (crd === undefined) {
    return fine("kinds", "NotInstalled", { document, because: "the installation will bring it" });
  }
  const managers = managersOf(crd);
  if (crd.metadata.labels?.[ours.label] === ours.value) {
    return fine("kinds", "Ours", { document, because: `it is ours, written by ${managers}` });
  }
  return {
    area: "kinds",
    level: "stop",
    reason: "CrdOfSomebodyElse",
    document,
    field: `metadata.labels[${ours.label}]`,
    because: `it is there and not ours; it was written by ${managers}`,
    remedy:
      "Find out who needs it. The installation is applied by the server and does not take it over; do not force it.",
  };
}

function platformKind({ kind, because }: RequestMade, crd: KubeObject | undefined): Finding {
  const document = `CustomResourceDefinition ${kindKey(kind)}`;
  const wanted = apiVersionOf(kind);
  const base = { area: "kinds", document, field: "" } as const;
  if (crd === undefined) {
    return {
      ...base,
      level: "look",
      reason: "KindMissing",
      because: `${kind.kind} is not installed; Sovereign ${because}`,
      remedy:
        "Nothing, where no document asks for it; otherwise install the software that brings it.",
    };
  }
  const served = servedVersions(crd);
  if (served.includes(kind.version)) {
    return fine("kinds", "KindServed", { document, because: `${wanted} is served` });
  }
  return {
    ...base,
    level: "stop",
    reason: "VersionMissing",
    field: "spec.versions",
    because: `${served.join(", ") || "no version"} is served, and Sovereign speaks ${wanted}`,
    remedy: "Bring that software to a version that serves it.",
  };
}

function servedVersions(crd: KubeObject): readonly string[] {
  return objectsIn(at(partOf(crd, "spec"), "versions")).flatMap(({ name, served }) =>
    typeof name === "string" && served === true ? [name] : [],
  );
}

function managersOf({ metadata }: KubeObject): string {
  const managers = new Set((metadata.managedFields ?? []).map(({ manager }) => manager));
  managers.delete("kube-apiserver");
  return [...managers].join(", ") || "nobody who left a name";
}
