/** `deploy/kubernetes/base/rbac.yaml`: service accounts and roles with just the requests that the programs declare (ADR 46). */
import { Document, isMap, isSeq } from "yaml";
import {
  type KubeProgram,
  kubePrograms,
  type RequestMade,
  requestsMade,
} from "../../control/kubernetes/requests-made.ts";
import type { JsonObject } from "../../core/kernel/json.ts";

/** Where our programs run. */
export const homeNamespace = "sovereign-system";

const places = ["home", "platform", "cluster"] as const;
const labels = { "app.kubernetes.io/part-of": "sovereign" };

const banner = [
  "# Generated from src/control/kubernetes/requests-made.ts by npm run generate; do not edit.",
  "# A role …-platform is bound in each namespace where Applications and their data are (docs/guides/install.md).",
  "",
].join("\n");

/** The file; roles without rules are left out. */
export function rbac(): string {
  const documents = kubePrograms.flatMap((program) => [
    account(program),
    ...places.flatMap((where) => rolesOf(program, where)),
  ]);
  return `${banner}${documents.map(written).join("---\n")}`;
}

type Written = { readonly document: JsonObject; readonly reasons: readonly string[] };

function account(program: KubeProgram): Written {
  const document = {
    apiVersion: "v1",
    kind: "ServiceAccount",
    metadata: { name: accountOf(program), namespace: homeNamespace, labels },
    // A Pod that needs it says so.
    automountServiceAccountToken: false,
  };
  return { document, reasons: [] };
}

/** Name of a program's service account. */
export function accountOf(program: KubeProgram): string {
  return `sovereign-${program}`;
}

function rolesOf(program: KubeProgram, where: RequestMade["where"]): readonly Written[] {
  const rules = rulesOf(requestsMade[program].filter((made) => made.where === where));
  if (rules.length === 0) return [];
  const isHome = where === "home";
  const name = isHome ? accountOf(program) : `${accountOf(program)}-${where}`;
  const metadata = isHome ? { name, namespace: homeNamespace, labels } : { name, labels };
  const kind = isHome ? "Role" : "ClusterRole";
  const role = {
    document: {
      apiVersion: "rbac.authorization.k8s.io/v1",
      kind,
      metadata,
      rules: rules.map(({ rule }) => rule),
    },
    reasons: rules.map(({ because }) => because),
  };
  if (where === "platform") return [role];
  const binding: JsonObject = {
    apiVersion: "rbac.authorization.k8s.io/v1",
    kind: `${kind}Binding`,
    metadata,
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind, name },
    subjects: [{ kind: "ServiceAccount", name: accountOf(program), namespace: homeNamespace }],
  };
  return [role, { document: binding, reasons: [] }];
}

type Rule = { readonly rule: JsonObject; readonly because: string };

/** One rule for each kind and part of it, its verbs together. */
function rulesOf(made: readonly RequestMade[]): readonly Rule[] {
  const partOf = ({ kind, subresource }: RequestMade): string =>
    subresource === undefined ? kind.plural : `${kind.plural}/${subresource}`;
  const isSame = (one: RequestMade, other: RequestMade): boolean =>
    one.kind.group === other.kind.group && partOf(one) === partOf(other);
  const firsts = made.filter(
    (row, index) => made.findIndex((other) => isSame(row, other)) === index,
  );
  return firsts.map((first) => {
    const rows = made.filter((row) => isSame(row, first));
    const verbs = [...new Set(rows.flatMap((row) => row.verbs))];
    const because = [...new Set(rows.map((row) => row.because))].join("; ");
    const rule = { apiGroups: [first.kind.group], resources: [partOf(first)], verbs };
    return { rule, because };
  });
}

/** A document, with what each rule is needed for above it. */
function written({ document, reasons }: Written): string {
  const yaml = new Document(document);
  const rules = yaml.get("rules");
  for (const [index, item] of (isSeq(rules) ? rules.items : []).entries()) {
    if (isMap(item)) item.commentBefore = ` ${reasons[index]}`;
  }
  return yaml.toString({ lineWidth: 0 });
}
