/** Reads a Cluster and writes its role: again where somebody else wrote in between, and never on a guess about what was written. */

import type { Signal } from "../../control/env.ts";
import type { Refusal } from "../../control/kubernetes/refusal.ts";
import { resourceKinds } from "../../control/kubernetes/resource-kinds.ts";
import { Failure } from "../../core/kernel/failure.ts";
import { bounded } from "../bounded.ts";
import type { Context } from "./cluster-context.ts";
import type { ClusterPlace } from "./cluster-options.ts";
import { type ClusterView, viewOf } from "./cluster-view.ts";
import { type Role, rolePatch } from "./role-patch.ts";

const kind = resourceKinds.postgresCluster;
const lookEveryMs = 100;

/** Null when there is no such Cluster. Fails as the client does, and with KubernetesUnreachable after the limit. */
export async function readCluster(
  { api, name, namespace }: ClusterPlace,
  limitMs: number,
  signal?: Signal,
): Promise<ClusterView | null> {
  const wait = bounded(limitMs, signal);
  try {
    const found = await api.get(kind, { name, namespace }, { signal: wait.signal });
    if (found.kind === "found") return viewOf(found.object);
    if (found.kind === "notFound" && found.what === "object") return null;
    throw failureOf(api.id, name, found);
  } catch (thrown) {
    if (!wait.isLate()) throw thrown;
    throw new Failure("KubernetesUnreachable", `${api.id} did not answer within ${limitMs} ms`);
  } finally {
    wait.end();
  }
}

export type RoleHands = Pick<Context, "cluster" | "clock" | "parts"> & {
  readonly limits: { readonly askMs: number };
};

export type Change = {
  /** The role that it is to have; null when nothing has to be written. */
  readonly to: (view: ClusterView) => Role | null;
  /** Asked right before each try. */
  readonly mayGoOn?: () => Promise<void>;
  readonly limitMs: number;
  /** Ends a request that is under way, whether it was sent or not; `mayGoOn` says then why. */
  readonly signal?: Signal;
};

/** The Cluster as it is when it has the role. Fails with NotFound, PromotionRefused for an epoch that is too old, TimedOut, or as the client does. */
export async function applyRole(hands: RoleHands, change: Change): Promise<ClusterView> {
  const { cluster, clock, limits, parts } = hands;
  const { api, name, namespace } = cluster;
  const endMs = clock.monotonicMs() + change.limitMs;
  for (;;) {
    const view = await readCluster(cluster, limits.askMs);
    if (view === null) throw missing(cluster);
    const role = change.to(view);
    if (role === null) return view;
    // CloudNativePG refuses that as well, where its webhook is asked.
    if (view.isSwitching && role.isReplica !== view.isReplica) {
      await pause(hands, endMs, "it is being demoted");
      continue;
    }
    await change.mayGoOn?.();
    const patch = { kind: "apply", body: rolePatch(view, role, parts), force: true } as const;
    let because: string;
    const wait = bounded(limits.askMs, change.signal);
    try {
      const done = await api.patch(kind, { name, namespace }, { patch, signal: wait.signal });
      if (done.kind === "written") return viewOf(done.object);
      if (!isPassing(done)) throw failureOf(api.id, name, done);
      because = done.because;
    } catch (thrown) {
      const failure = Failure.from(thrown, name);
      if (change.signal?.aborted === true) {
        await change.mayGoOn?.();
        throw failure;
      }
      // Whether it was written is seen by looking again.
      if (failure.code !== "KubernetesUncertain" && !wait.isLate()) throw failure;
      because = wait.isLate() ? `no answer within ${limits.askMs} ms` : failure.message;
    } finally {
      wait.end();
    }
    await pause(hands, endMs, because);
  }
}

async function pause({ cluster, clock }: RoleHands, endMs: number, because: string): Promise<void> {
  const { api, name } = cluster;
  if (clock.monotonicMs() > endMs) {
    const message = `${name} does not take its role: ${because}`;
    throw new Failure("TimedOut", message, { where: api.id });
  }
  await clock.sleep(lookEveryMs);
}

/** Whether the same may be right in a moment: somebody wrote in between, or the Cluster is changing its role just now. */
function isPassing(refusal: Refusal): boolean {
  if (refusal.kind === "conflict") return refusal.about === "version";
  const text = "because" in refusal ? refusal.because : "";
  return text.includes("ongoing operation to enable the replica cluster");
}

function missing({ api, name, namespace }: ClusterPlace): Failure {
  return new Failure("NotFound", `there is no Cluster ${namespace}/${name}`, { where: api.id });
}

function failureOf(id: string, name: string, refusal: Refusal): Failure {
  const { kind: what, because } = refusal;
  const about = { where: id };
  if (what === "denied" && refusal.by.startsWith("epoch.")) {
    return new Failure("PromotionRefused", `${name}: ${because}`, about);
  }
  if (what === "notFound") return new Failure("NotFound", `${name}: ${because}`, about);
  return new Failure("KubernetesRefused", `${name}: ${because}`, about);
}
