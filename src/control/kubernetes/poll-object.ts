/** Waits for an object to be as it should, by asking: for a few targets a watch brings nothing (facts of remediation §5.1). */
import { AssertionError } from "../../core/kernel/assert.ts";
import { Failure, type FailureJson } from "../../core/kernel/failure.ts";
import type { Clock, Signal } from "../env.ts";
import type { KubeObject, Place, ResourceKind } from "./kube-object.ts";
import type { KubernetesApi } from "./kubernetes-api.ts";
import type { Refusal } from "./refusal.ts";

export type PollOptions = {
  readonly clock: Clock;
  /** Whether it is as it should; null when there is no such object. */
  readonly until: (object: KubeObject | null) => boolean;
  readonly everyMs: number;
  readonly limitMs: number;
  readonly signal?: Signal | undefined;
};

export type Polled =
  | { readonly kind: "reached"; readonly object: KubeObject | null }
  /** Not within the limit; with what was seen last, and what was wrong with the last reading. */
  | {
      readonly kind: "late";
      readonly object: KubeObject | null | undefined;
      readonly problem: FailureJson | Refusal | null;
    }
  | { readonly kind: "stopped" };

/** A reading that fails is no answer, and the next one is. */
export async function pollObject(
  api: KubernetesApi,
  target: { readonly kind: ResourceKind; readonly place: Place },
  { clock, until, everyMs, limitMs, signal }: PollOptions,
): Promise<Polled> {
  const endsAtMs = clock.monotonicMs() + limitMs;
  let object: KubeObject | null | undefined;
  for (;;) {
    const read = await readOnce(api, target, signal);
    if (signal?.aborted === true) return { kind: "stopped" };
    if (read.problem === null) {
      object = read.object;
      if (until(object)) return { kind: "reached", object };
    }
    const restMs = endsAtMs - clock.monotonicMs();
    if (restMs <= 0) return { kind: "late", object, problem: read.problem };
    await clock.sleep(Math.min(everyMs, restMs), signal);
  }
}

type Reading =
  | { readonly problem: null; readonly object: KubeObject | null }
  | { readonly problem: FailureJson | Refusal };

async function readOnce(
  api: KubernetesApi,
  { kind, place }: { readonly kind: ResourceKind; readonly place: Place },
  signal: Signal | undefined,
): Promise<Reading> {
  try {
    const read = await api.get(kind, place, { signal });
    if (read.kind === "found") return { problem: null, object: read.object };
    if (read.kind === "notFound" && read.what === "object") return { problem: null, object: null };
    return { problem: read };
  } catch (thrown) {
    if (thrown instanceof AssertionError) throw thrown;
    return { problem: Failure.from(thrown, api.id).toJson() };
  }
}
