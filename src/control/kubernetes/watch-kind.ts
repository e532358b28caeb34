/**
 * What is true of a kind, kept up to date: a list, then a watch, for ever. It never ends by itself and never stands still in silence,
 * which is what client libraries are known for (facts of remediation §5.1): whatever goes wrong ends in a new list after a pause.
 */
import { AssertionError } from "../../core/kernel/assert.ts";
import { backoffMs } from "../../core/kernel/backoff.ts";
import { Failure, type FailureJson } from "../../core/kernel/failure.ts";
import type { Random } from "../../core/kernel/random.ts";
import type { Clock, Signal } from "../env.ts";
import type { KubeObject, ResourceKind } from "./kube-object.ts";
import type { KubernetesApi, ListQuery } from "./kubernetes-api.ts";
import { type AllListed, listAll, tooMany } from "./list-all.ts";
import type { Refusal } from "./refusal.ts";

export type KindEvent =
  /** An object is new or not as it was. */
  | { readonly kind: "changed"; readonly object: KubeObject }
  /** An object is no longer there; as it was last. */
  | { readonly kind: "removed"; readonly object: KubeObject }
  /** Everything that there is has been told, at the beginning and after each later list. */
  | { readonly kind: "synced" };

export type WatchKindOptions = Pick<ListQuery, "namespace" | "labels" | "fields"> & {
  readonly clock: Clock;
  readonly random: Random;
  /** Ends it. */
  readonly signal: Signal;
  /** How long nothing may be heard of an open watch; the server is asked to end each one before that. */
  readonly silenceMs?: number;
  /** A watch that never fails is still held against a new list so often. */
  readonly relistMs?: number;
  readonly itemsMax?: number;
};

/** For metrics and screens. */
export type KindWatchState = {
  /** Whether what was told is complete and a watch keeps it so, or did until not longer ago than a watch may be silent. */
  readonly isCurrent: boolean;
  /** On the monotonic clock; null before the first answer. */
  readonly lastHeardAtMs: number | null;
  readonly lists: number;
  readonly watches: number;
  readonly failures: number;
  readonly objects: number;
  /** What went wrong last; null while nothing is wrong. */
  readonly problem: FailureJson | Refusal | null;
};

export type KindWatch = AsyncIterable<KindEvent> & { readonly state: () => KindWatchState };

const usualSilenceMs = 60_000;
const usualRelistMs = 10 * 60_000;
const usualItemsMax = 20_000;
const backoff = { firstMs: 500, ceilingMs: 30_000 };
/** A server that ends every watch at once would otherwise be asked without a pause (kubernetes-client/javascript#1933). */
const shortestMs = 2_000;

/** Begins with the first iteration; to be iterated once. Ends when the signal is given, and never throws for what the world does. */
export function watchKind(
  api: KubernetesApi,
  kind: ResourceKind,
  options: WatchKindOptions,
): KindWatch {
  const keeper = new KindKeeper(api, kind, options);
  return { state: () => keeper.state(), [Symbol.asyncIterator]: () => keeper.run() };
}

/** Owns the copy of what is there, and the connection to where it comes from. */
class KindKeeper {
  readonly #api: KubernetesApi;
  readonly #kind: ResourceKind;
  readonly #options: WatchKindOptions;
  readonly #known = new Map<string, KubeObject>();
  /** Since when no watch is open, on the monotonic clock; null while one is. */
  #unwatchedSinceMs: number | null = null;
  #state: Omit<KindWatchState, "objects"> = {
    isCurrent: false,
    lastHeardAtMs: null,
    lists: 0,
    watches: 0,
    failures: 0,
    problem: null,
  };

  constructor(api: KubernetesApi, kind: ResourceKind, options: WatchKindOptions) {
    this.#api = api;
    this.#kind = kind;
    this.#options = options;
  }

  state(): KindWatchState {
    const { clock, silenceMs = usualSilenceMs } = this.#options;
    const sinceMs = this.#unwatchedSinceMs;
    // A new list, or a watch that does not begin, may take its time; what was told before grows old meanwhile.
    const isFresh = sinceMs === null || clock.monotonicMs() - sinceMs <= silenceMs;
    return {
      ...this.#state,
      isCurrent: this.#state.isCurrent && isFresh,
      objects: this.#known.size,
    };
  }

  async *run(): AsyncGenerator<KindEvent> {
    const { signal, clock, random } = this.#options;
    let failed = 0;
    while (!signal.aborted) {
      const listed = await this.#list();
      if (listed !== undefined) {
        yield* this.#differences(listed);
        this.#state = { ...this.#state, isCurrent: true, problem: null };
        yield { kind: "synced" };
        const wentWell = yield* this.#follow(listed.resourceVersion);
        failed = wentWell ? 0 : failed;
        if (this.#state.problem === null) continue;
      }
      failed += 1;
      await clock.sleep(backoffMs(failed, backoff, random), signal);
    }
    this.#state = { ...this.#state, isCurrent: false };
  }

  async #list(): Promise<AllListed | undefined> {
    const { namespace, labels, fields, signal, itemsMax = usualItemsMax } = this.#options;
    const query = { ...definedOf({ namespace, labels, fields }), signal, itemsMax };
    try {
      const listed = await listAll(this.#api, this.#kind, query);
      this.#hear();
      if (listed.kind === "all") {
        this.#state = { ...this.#state, lists: this.#state.lists + 1 };
        this.#unwatchedSinceMs = this.#options.clock.monotonicMs();
        return listed;
      }
      this.#fail(listed);
    } catch (thrown) {
      if (thrown instanceof AssertionError) throw thrown;
      this.#fail(Failure.from(thrown, this.#api.id).toJson());
    }
    return undefined;
  }

  *#differences({ items }: AllListed): Generator<KindEvent> {
    const there = new Set(items.map(keyOf));
    for (const [key, object] of this.#known) {
      if (there.has(key)) continue;
      this.#known.delete(key);
      yield { kind: "removed", object };
    }
    for (const object of items) {
      const before = this.#known.get(keyOf(object));
      if (isSame(before, object)) continue;
      // One that was made again under its name is another one.
      if (before !== undefined && before.metadata.uid !== object.metadata.uid) {
        yield { kind: "removed", object: before };
      }
      this.#known.set(keyOf(object), object);
      yield { kind: "changed", object };
    }
  }

  /** Watches from there, watch after watch, until a new list is needed; whether one of them lasted. */
  async *#follow(from: string): AsyncGenerator<KindEvent, boolean> {
    const { clock, signal, relistMs = usualRelistMs } = this.#options;
    const listedAtMs = clock.monotonicMs();
    let resourceVersion = from;
    let lasted = false;
    while (!signal.aborted && clock.monotonicMs() - listedAtMs < relistMs) {
      const beganAtMs = clock.monotonicMs();
      const next = yield* this.#watchOnce(resourceVersion);
      const isShort = clock.monotonicMs() - beganAtMs < shortestMs;
      lasted ||= !isShort;
      if (next === undefined) return lasted;
      resourceVersion = next;
      if (isShort) await clock.sleep(shortestMs, signal);
    }
    return lasted;
  }

  /** The version up to which everything was told; undefined when a new list is needed. */
  async *#watchOnce(from: string): AsyncGenerator<KindEvent, string | undefined> {
    const { namespace, labels, fields, signal, silenceMs = usualSilenceMs } = this.#options;
    let resourceVersion = from;
    try {
      const watching = await this.#api.watch(this.#kind, {
        ...definedOf({ namespace, labels, fields }),
        resourceVersion,
        // Before a silence can be one, the server has ended the watch, which is heard.
        endsAfterSeconds: Math.max(1, Math.floor((silenceMs * 3) / 4_000)),
        silenceMs,
        signal,
      });
      this.#hear();
      if (watching.kind !== "watching") return this.#fail(watching);
      this.#state = { ...this.#state, watches: this.#state.watches + 1 };
      this.#unwatchedSinceMs = null;
      for await (const event of watching.events) {
        this.#hear();
        if (event.kind === "bookmark") resourceVersion = event.resourceVersion;
        else if (event.kind === "changed" || event.kind === "removed") {
          resourceVersion = event.object.metadata.resourceVersion ?? resourceVersion;
          yield* this.#take(event);
        } else return this.#fail(event);
      }
      this.#hear();
      return resourceVersion;
    } catch (thrown) {
      if (thrown instanceof AssertionError) throw thrown;
      return this.#fail(Failure.from(thrown, this.#api.id).toJson());
    } finally {
      this.#unwatchedSinceMs ??= this.#options.clock.monotonicMs();
    }
  }

  *#take(event: Exclude<KindEvent, { readonly kind: "synced" }>): Generator<KindEvent> {
    const { itemsMax = usualItemsMax } = this.#options;
    const { object } = event;
    const before = this.#known.get(keyOf(object));
    if (event.kind === "removed") {
      this.#known.delete(keyOf(object));
      if (before !== undefined) yield event;
      return;
    }
    if (isSame(before, object)) return;
    // Before it is known: what is known has been told.
    if (before === undefined && this.#known.size >= itemsMax) {
      throw tooMany(this.#api.id, this.#kind, itemsMax);
    }
    this.#known.set(keyOf(object), object);
    yield event;
  }

  #hear(): void {
    this.#state = { ...this.#state, lastHeardAtMs: this.#options.clock.monotonicMs() };
  }

  #fail(problem: FailureJson | Refusal): undefined {
    if (this.#options.signal.aborted) return undefined;
    // That a version is no longer kept is how it should be: the next list puts it right.
    const isOrdinary = "kind" in problem && problem.kind === "gone";
    this.#state = {
      ...this.#state,
      isCurrent: false,
      failures: this.#state.failures + (isOrdinary ? 0 : 1),
      problem,
    };
    return undefined;
  }
}

function keyOf({ metadata }: KubeObject): string {
  return `${metadata.namespace ?? ""}/${metadata.name}`;
}

function isSame(one: KubeObject | undefined, other: KubeObject): boolean {
  return (
    one !== undefined &&
    one.metadata.uid === other.metadata.uid &&
    one.metadata.resourceVersion === other.metadata.resourceVersion
  );
}

type Narrowing = { readonly [key in "namespace" | "labels" | "fields"]?: string };

/** What narrows a list, without what is not set. */
function definedOf(given: { readonly [key in keyof Narrowing]: string | undefined }): Narrowing {
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
}
