/**
 * All objects of an API server, in memory and in a log on disk. Writes are decided one after the other on what is decided already, made durable
 * together, and only then seen by anybody: what a reader or a watch was told is never taken back by a crash. Every change has a number, which
 * grows over restarts.
 */
import { assert } from "../../../core/kernel/assert.ts";
import type { KubeObject } from "../objects/kube-object.ts";
import { type Change, type ChangeType, keyText, type ObjectKey } from "./change.ts";
import { ObjectLog } from "./object-log.ts";

/** What a write sees and does; nothing of it stays when it throws. */
export type Transaction = {
  get(key: ObjectKey): KubeObject | undefined;
  /** In the order of namespaces and names; without `namespace`, of all. */
  list(resource: string, namespace?: string): readonly KubeObject[];
  /** Gives the object with its new version. */
  put(key: ObjectKey, object: KubeObject): KubeObject;
  /** Gives the object with the version of its deletion. */
  remove(key: ObjectKey): KubeObject;
};

export type StoreOptions = {
  readonly folder: string;
  /** Changes that are kept for watches; older versions are gone. */
  readonly historyLimit?: number;
  /** A snapshot is made when the log is larger. */
  readonly logBytesMax?: number;
};

type Kept = { readonly key: ObjectKey; readonly object: KubeObject };

type Waiting = {
  readonly work: (transaction: Transaction) => unknown;
  readonly resolve: (value: unknown) => void;
  readonly reject: (reason: unknown) => void;
};

export class ObjectStore {
  readonly #log: ObjectLog;
  readonly #historyLimit: number;
  readonly #logBytesMax: number;
  readonly #objects: Map<string, Kept>;
  /** Texts of keys by resource, so that lists do not read everything. */
  readonly #byResource = new Map<string, Set<string>>();
  #history: Change[];
  #forgottenVersion: number;
  #version: number;
  #waiting: Waiting[] = [];
  #writing: Promise<void> | undefined;
  #refusal: Error | undefined;
  readonly #listeners = new Set<(changes: readonly Change[]) => void>();

  private constructor(log: ObjectLog, options: StoreOptions) {
    const { recovered } = log;
    this.#log = log;
    this.#historyLimit = options.historyLimit ?? 10_000;
    this.#logBytesMax = options.logBytesMax ?? 16 * 1024 * 1024;
    this.#objects = recovered.objects;
    this.#history = recovered.changes.slice(-this.#historyLimit);
    this.#version = recovered.resourceVersion;
    this.#forgottenVersion = (this.#history[0]?.resourceVersion ?? this.#version + 1) - 1;
    for (const [text, { key }] of this.#objects) this.#resourceSet(key.resource).add(text);
  }

  /** Fails with AlreadyRunning or JournalCorrupt. */
  static async open(options: StoreOptions): Promise<ObjectStore> {
    return new ObjectStore(await ObjectLog.open(options.folder), options);
  }

  /** Of the last change that is durable. */
  get resourceVersion(): number {
    return this.#version;
  }

  /** Changes after this version are still known; a watch from an earlier one is refused. */
  get oldestVersion(): number {
    return this.#forgottenVersion;
  }

  get(key: ObjectKey): KubeObject | undefined {
    return this.#objects.get(keyText(key))?.object;
  }

  /** In the order of namespaces and names. */
  list(resource: string, namespace?: string): readonly KubeObject[] {
    return this.#view(new Map()).list(resource, namespace);
  }

  /** The objects as they were at a version that is still known. */
  listAt(version: number, resource: string, namespace?: string): readonly KubeObject[] {
    const before = new Map<string, Kept | null>();
    // Undone from the last change back, the first one that is undone decides.
    for (const { key, previous } of this.since(version).toReversed())
      before.set(keyText(key), previous === undefined ? null : { key, object: previous });
    return this.#view(before).list(resource, namespace);
  }

  /** Changes after a version, oldest first. */
  since(version: number): readonly Change[] {
    assert(version >= this.#forgottenVersion, "who asks has looked whether it is still known");
    let first = this.#history.length;
    while (first > 0 && (this.#history[first - 1]?.resourceVersion ?? 0) > version) first -= 1;
    return this.#history.slice(first);
  }

  /** Calls for every batch of changes that became durable, until the result is called. */
  listen(listener: (changes: readonly Change[]) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Runs `work`, which must not wait; resolves when what it did is durable. Rejects with what it throws. */
  write<T>(work: (transaction: Transaction) => T): Promise<T> {
    if (this.#refusal !== undefined) return Promise.reject(this.#refusal);
    return new Promise<T>((resolve, reject) => {
      this.#waiting.push({ work, resolve: (value) => resolve(value as T), reject }); // It is what this work gave.
      this.#writing ??= this.#writeAll();
    });
  }

  async close(): Promise<void> {
    this.#refusal ??= new Error("the store is closed");
    await this.#writing;
    await this.#log.close();
  }

  async #writeAll(): Promise<void> {
    // Those that come in the same moment share a sync.
    await Promise.resolve();
    try {
      while (this.#waiting.length > 0) await this.#writeBatch(this.#waiting.splice(0, 256));
    } finally {
      this.#writing = undefined;
    }
  }

  /** Never rejects: what goes wrong is told to those that wait, and nothing is written any more. */
  async #writeBatch(batch: readonly Waiting[]): Promise<void> {
    const { changes, done } = this.#decide(batch);
    try {
      if (changes.length > 0) await this.#log.append(changes);
      this.#publish(changes);
      for (const tell of done) tell();
      if (this.#log.bytes > this.#logBytesMax)
        await this.#log.snapshot(this.#objects.values(), this.#version);
    } catch (thrown) {
      this.#refusal = thrown instanceof Error ? thrown : new Error(String(thrown));
      // Those that were told already do not hear it.
      for (const { reject } of [...batch, ...this.#waiting]) reject(this.#refusal);
      this.#waiting = [];
    }
  }

  /** Does each work on top of the one before; what is to be told to whom once it is durable. */
  #decide(batch: readonly Waiting[]): {
    readonly changes: readonly Change[];
    readonly done: readonly (() => void)[];
  } {
    const overlay = new Map<string, Kept | null>();
    const changes: Change[] = [];
    const done: (() => void)[] = [];
    for (const { work, resolve, reject } of batch) {
      const before = new Map(overlay);
      const count = changes.length;
      try {
        const value = work(this.#transaction(overlay, changes));
        done.push(() => resolve(value));
      } catch (thrown) {
        changes.length = count;
        overlay.clear();
        for (const [text, kept] of before) overlay.set(text, kept);
        done.push(() => reject(thrown));
      }
    }
    return { changes, done };
  }

  #publish(changes: readonly Change[]): void {
    for (const { type, key, object, resourceVersion } of changes) {
      const text = keyText(key);
      if (type === "DELETED") {
        this.#objects.delete(text);
        this.#resourceSet(key.resource).delete(text);
      } else {
        this.#objects.set(text, { key, object });
        this.#resourceSet(key.resource).add(text);
      }
      this.#version = resourceVersion;
    }
    this.#history.push(...changes);
    if (this.#history.length > this.#historyLimit * 1.25) {
      this.#history = this.#history.slice(-this.#historyLimit);
      this.#forgottenVersion = (this.#history[0]?.resourceVersion ?? this.#version + 1) - 1;
    }
    if (changes.length > 0) for (const listener of [...this.#listeners]) listener(changes);
  }

  #transaction(overlay: Map<string, Kept | null>, changes: Change[]): Transaction {
    const view = this.#view(overlay);
    const record = (type: ChangeType, key: ObjectKey, object: KubeObject): KubeObject => {
      const resourceVersion = (changes.at(-1)?.resourceVersion ?? this.#version) + 1;
      const metadata = { ...object.metadata, resourceVersion: String(resourceVersion) };
      const stored = { ...object, metadata };
      changes.push({ resourceVersion, type, key, object: stored, previous: view.get(key) });
      overlay.set(keyText(key), type === "DELETED" ? null : { key, object: stored });
      return stored;
    };
    return {
      ...view,
      put: (key, object) => record(view.get(key) === undefined ? "ADDED" : "MODIFIED", key, object),
      remove: (key) => {
        const object = view.get(key);
        assert(object !== undefined, "what is removed is there");
        return record("DELETED", key, object);
      },
    };
  }

  #view(overlay: ReadonlyMap<string, Kept | null>): Pick<Transaction, "get" | "list"> {
    const find = (text: string): Kept | null | undefined => {
      const above = overlay.get(text);
      return above === undefined ? this.#objects.get(text) : above;
    };
    return {
      get: (key) => find(keyText(key))?.object,
      list: (resource, namespace) => {
        const texts = new Set(this.#byResource.get(resource));
        for (const text of overlay.keys())
          if (text.startsWith(`${resource}\u0000`)) texts.add(text);
        const prefix =
          namespace === undefined ? `${resource}\u0000` : `${resource}\u0000${namespace}\u0000`;
        return [...texts]
          .filter((text) => text.startsWith(prefix))
          .sort()
          .flatMap((text) => find(text)?.object ?? []);
      },
    };
  }

  #resourceSet(resource: string): Set<string> {
    const known = this.#byResource.get(resource) ?? new Set<string>();
    this.#byResource.set(resource, known);
    return known;
  }
}
