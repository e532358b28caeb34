/**
 * Every request that a program of ours makes of a Kubernetes API server, once each (DESIGN §7.16). The roles in `deploy/kubernetes/base/rbac.yaml`
 * are generated from it, `sovereign check` asks about each of it, and `asDeclared` lets nothing through that is not in it.
 */
import type { ResourceKind, Subresource } from "./kube-object.ts";
import { resourceKinds } from "./resource-kinds.ts";

/** The word by which Kubernetes gives a right (RBAC, *Request verbs*). An apply that may make the object needs `create` and `patch`. */
export type RequestVerb = "get" | "list" | "watch" | "create" | "update" | "patch" | "delete";

export type RequestMade = {
  readonly kind: ResourceKind;
  readonly verbs: readonly RequestVerb[];
  readonly subresource?: Subresource | "eviction";
  /**
   * `home`: in the namespace that the program runs in. `platform`: in namespaces where Applications and their data are, each of which has to
   * give the right. `cluster`: of all namespaces at once, or of what has none.
   */
  readonly where: "home" | "platform" | "cluster";
  /** What it is needed for; it stands beside the rule of the role, and in what `sovereign check` says. */
  readonly because: string;
};

/** Who asks: the region agent, the other region's agent, the control plane, and `sovereign check`. */
export const kubePrograms = ["agent", "peer", "control", "check"] as const;

export type KubeProgram = (typeof kubePrograms)[number];

const kinds = resourceKinds;

const agent: readonly RequestMade[] = [
  {
    kind: kinds.configMap,
    verbs: ["get", "create", "update"],
    where: "home",
    because: "keeps its record (its epoch, its promise) a second time, beside the disk",
  },
  {
    kind: kinds.postgresCluster,
    verbs: ["get", "patch"],
    where: "platform",
    because: "promotes, demotes and fences a database, and reads whether that is done",
  },
  {
    kind: kinds.pod,
    verbs: ["list"],
    where: "platform",
    because: "finds the addresses of a database's servers, to see that a fenced one has ended",
  },
  {
    kind: kinds.service,
    verbs: ["get", "patch"],
    where: "platform",
    because: "says to the mesh whether a Service's backends here are for other clusters too",
  },
  {
    kind: kinds.httpRoute,
    verbs: ["list", "create", "patch", "delete"],
    where: "home",
    because: "leads the health path to the agent, and reads what gateways say of it",
  },
  {
    kind: kinds.httpRoute,
    verbs: ["list"],
    where: "cluster",
    because: "sees whether another route takes the health path",
  },
  {
    kind: kinds.gateway,
    verbs: ["get"],
    where: "cluster",
    because: "knows the listeners at which the health path is asked",
  },
];

/** The agent of the other region, which has no business here but to read what a planned move hands over. */
const peer: readonly RequestMade[] = [
  {
    kind: kinds.postgresCluster,
    verbs: ["get"],
    where: "platform",
    because: "reads the token by which a planned move takes the database over",
  },
];

const seen: RequestMade["verbs"] = ["list"];

/** Reads, and nothing else: it has no verb that changes anything. */
const check: readonly RequestMade[] = [
  {
    kind: kinds.customResourceDefinition,
    verbs: seen,
    where: "cluster",
    because: "says which kinds are installed, in which versions, and whose they are",
  },
  ...(
    [
      [kinds.node, "says in which region a member of a quorum runs"],
      [kinds.service, "finds Services that several clusters share"],
      [kinds.pod, "says on which nodes the members of a quorum run"],
      [kinds.statefulSet, "finds the members of a quorum, and the peers that they name"],
      [kinds.httpRoute, "finds the way to an Application, and who owns its fields"],
      [kinds.postgresCluster, "finds databases, and who owns the fields of their role"],
    ] as const
  ).map(([kind, because]): RequestMade => ({ kind, verbs: seen, where: "cluster", because })),
];

export const requestsMade: Readonly<Record<KubeProgram, readonly RequestMade[]>> = {
  agent,
  peer,
  // It reads documents from Git and speaks with name servers: it asks an API server for nothing yet.
  control: [],
  check,
};
