/** Reads what `sovereign check` looks at, and changes nothing: lists of whole kinds, each of them declared in `requests-made.ts`. */
import { Failure } from "../../core/kernel/failure.ts";
import type { Signal } from "../env.ts";
import type { KubeObject, ResourceKind } from "../kubernetes/kube-object.ts";
import type { KubernetesApi } from "../kubernetes/kubernetes-api.ts";
import { listAll } from "../kubernetes/list-all.ts";
import { requestsMade } from "../kubernetes/requests-made.ts";
import { resourceKinds } from "../kubernetes/resource-kinds.ts";
import type { Finding } from "./finding.ts";

export type PlatformReading = {
  readonly version: string;
  /** What could be read, by plural name and group (`clusters.postgresql.cnpg.io`). */
  readonly objects: ReadonlyMap<string, readonly KubeObject[]>;
  /** Kinds that could not be read, and why. A kind that is not installed is none of these. */
  readonly findings: readonly Finding[];
};

/** `clusters.postgresql.cnpg.io`, `pods`. */
export function kindKey({ group, plural }: Pick<ResourceKind, "group" | "plural">): string {
  return group === "" ? plural : `${plural}.${group}`;
}

/** The objects of a kind; none where it is not installed or could not be read. */
export function objectsOf(
  { objects }: Pick<PlatformReading, "objects">,
  kind: keyof typeof resourceKinds,
): readonly KubeObject[] {
  return objects.get(kindKey(resourceKinds[kind])) ?? [];
}

/** Reads all kinds, one after the other. Fails when the server is not reached or does not know us; one kind that is refused is a finding. */
export async function readPlatform(
  api: KubernetesApi,
  signal: Signal,
  tell: (line: string) => void,
): Promise<PlatformReading> {
  const { gitVersion } = await api.version(signal);
  const objects = new Map<string, readonly KubeObject[]>();
  const findings: Finding[] = [];
  for (const { kind, because } of requestsMade.check) {
    const key = kindKey(kind);
    tell(`reading ${key}`);
    const listed = await listOf(api, kind, signal);
    if (listed.kind === "all") objects.set(key, listed.items);
    else if (listed.kind !== "notFound") findings.push(unread(key, listed.because, because));
  }
  return { version: gitVersion, objects, findings };
}

type Unread = { readonly kind: "unread"; readonly because: string };

async function listOf(api: KubernetesApi, kind: ResourceKind, signal: Signal) {
  try {
    return await listAll(api, kind, { signal });
  } catch (thrown) {
    const failure = Failure.from(thrown, kind.plural);
    // Too many objects of one kind, say: the others can still be read.
    if (failure.code !== "KubernetesRefused") throw failure;
    return { kind: "unread", because: failure.message } satisfies Unread;
  }
}

function unread(key: string, because: string, needed: string): Finding {
  return {
    area: "reading",
    level: "look",
    reason: "KindNotRead",
    document: key,
    field: "",
    because: `what is there is not known: ${because}`,
    remedy: `Give this user the role sovereign-check-cluster; it ${needed}.`,
  };
}
