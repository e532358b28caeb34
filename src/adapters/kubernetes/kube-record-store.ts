/**
 * The agent's record at its region's API server (DESIGN §2, *Promises and tenure*; ADR 47): one ConfigMap with the text that the disk has
 * too. A compare-and-set by `resourceVersion`; what was sent and not answered is read back, never just sent again.
 */
import type { Signal } from "../../control/env.ts";
import type { RecordStore } from "../../control/failover/ports.ts";
import { epochAnnotations, epochOf } from "../../control/kubernetes/epoch.ts";
import type { KubeObject } from "../../control/kubernetes/kube-object.ts";
import type { KubernetesApi, Written } from "../../control/kubernetes/kubernetes-api.ts";
import type { Refusal } from "../../control/kubernetes/refusal.ts";
import { resourceKinds } from "../../control/kubernetes/resource-kinds.ts";
import type { AgentRecord, RecordCopy } from "../../core/failover/record.ts";
import { AssertionError } from "../../core/kernel/assert.ts";
import { Failure } from "../../core/kernel/failure.ts";
import {
  type FileContent,
  largestRecordBytes,
  parseRecordFile,
  renderRecordFile,
} from "../agent/record-file.ts";
import { isTurnedAway } from "./turned-away.ts";

/** An API server as somebody who may read, make and change ConfigMaps in the namespace `home`. */
export type RecordServer = {
  readonly api: KubernetesApi;
  readonly home: string;
  close(): void;
};

export type KubeRecordStoreOptions = {
  /** Reads the configuration of the way there; asked again after the server did not accept the credential, or was not trusted. */
  readonly open: () => Promise<RecordServer>;
  /** Whose record it is: `{region}/{group}`. */
  readonly owner: string;
  /** Of the ConfigMap. */
  readonly name: string;
};

const kind = resourceKinds.configMap;
const key = "record.json";
/** The version that was there when somebody last tried whether the server still writes. */
const triedAnnotation = "sre.catalyst.openova.io/tried-at";
/** Each is a reading and a write; more than that and somebody else writes there all the time. */
const triesMax = 5;
const outcomes = { read: "the record can not be read", write: "the record is not durable there" };

/** Name of the ConfigMap of a group's agent. */
export function recordName(group: string): string {
  return `sovereign-record-${group}`;
}

type Found = { readonly object: KubeObject; readonly content: FileContent };

export class KubeRecordStore implements RecordStore {
  readonly id = "api-server";
  readonly #options: KubeRecordStoreOptions;
  #server: RecordServer | undefined;
  /** The object as it was seen last: a first try is made upon it, so that a write is one request as a rule. */
  #seen: Found | undefined;

  /** Nothing is read or asked before the first read or write. */
  constructor(options: KubeRecordStoreOptions) {
    this.#options = options;
  }

  /** The record as the server has it; a ConfigMap of another agent is unreadable. Fails with RecordStoreFailed. */
  read(signal?: Signal): Promise<RecordCopy> {
    return this.#at("read", async (server) => {
      const found = await this.#find(server, signal);
      if (found === undefined) return { kind: "missing" };
      return found.content.kind === "foreign" ? { kind: "unreadable" } : found.content;
    });
  }

  /**
   * Resolves once the server acknowledged the record, or has it, or a newer one. Fails with RecordStoreFailed (the old one or the new
   * one is there then); also where it would lower the epoch of a record that can be read.
   */
  write(record: AgentRecord, signal?: Signal): Promise<void> {
    const text = renderRecordFile(this.#options.owner, record);
    return this.#at("write", async (server) => {
      for (let tries = 1; tries <= triesMax; tries++) {
        // A write upon what is not there any more is refused: then it is read.
        const known = tries === 1 ? olderThan(record, this.#seen) : undefined;
        const found = known ?? (await this.#find(server, signal));
        if (found !== undefined && this.#isThere(found, record, text)) return;
        if (await this.#put(server, found?.object, { record, text, signal })) return;
      }
      throw new Failure("RecordStoreFailed", "somebody else writes it all the time");
    });
  }

  /**
   * Has the server write what is there once more; false where there is no record of ours, or somebody wrote it meanwhile. Fails as `write`
   * does. What is the same would not be written, so an annotation changes with it.
   */
  tryWrite(signal?: Signal): Promise<boolean> {
    const { name, owner } = this.#options;
    return this.#at("write", async (server) => {
      const found = await this.#find(server, signal);
      if (found === undefined || found.content.kind !== "present") return false;
      const { metadata } = found.object;
      if (metadata.deletionTimestamp !== undefined)
        throw new Failure("RecordStoreFailed", `the ConfigMap ${name} is being deleted`);
      const annotations = {
        ...metadata.annotations,
        [triedAnnotation]: metadata.resourceVersion ?? "",
      };
      const before = { ...found.object, metadata: { ...metadata, annotations } };
      const { record } = found.content;
      return this.#put(server, before, { record, text: renderRecordFile(owner, record), signal });
    });
  }

  /** Ends the connections that are kept open. */
  close(): void {
    this.#server?.close();
    this.#server = undefined;
    this.#seen = undefined;
  }

  async #find({ api, home }: RecordServer, signal?: Signal): Promise<Found | undefined> {
    const { name, owner } = this.#options;
    this.#seen = undefined;
    const got = await api.get(kind, { name, namespace: home }, { signal });
    if (got.kind === "notFound" && got.what === "object") return undefined;
    if (got.kind !== "found") throw new Failure("RecordStoreFailed", got.because);
    this.#seen = { object: got.object, content: contentOf(got.object, owner) };
    return this.#seen;
  }

  /** Whether what is there is this record or a newer one; fails where it may not be replaced. */
  #isThere({ object, content }: Found, record: AgentRecord, text: string): boolean {
    const { name, owner } = this.#options;
    if (content.kind === "foreign") {
      const message = `the ConfigMap ${name} holds the record of ${content.owner}`;
      const remedy = `Give ${owner} an API server or a namespace of its own.`;
      throw new Failure("RecordStoreFailed", message, { remedy });
    }
    // What is on its way out would take the record with it.
    if (object.metadata.deletionTimestamp !== undefined)
      throw new Failure("RecordStoreFailed", `the ConfigMap ${name} is being deleted`);
    if (content.kind !== "present") return false;
    if (content.record.version > record.version) return true;
    if (content.record.epochSeen > record.epochSeen) {
      const message = `the ConfigMap ${name} knows of epoch ${content.record.epochSeen}, and the record only of ${record.epochSeen}`;
      const remedy =
        "If the witness lost its memory, delete that ConfigMap and arm the region again.";
      throw new Failure("RecordStoreFailed", message, { remedy });
    }
    return renderRecordFile(owner, content.record) === text;
  }

  /** Whether the server acknowledged it; false: what is there has to be read again. */
  async #put(
    { api, home }: RecordServer,
    before: KubeObject | undefined,
    { record, text, signal }: Write,
  ): Promise<boolean> {
    const object = objectOf({ name: this.#options.name, namespace: home }, before, record, text);
    let reply: Written | Refusal;
    this.#seen = undefined;
    try {
      reply =
        before === undefined
          ? await api.create(kind, object, { signal })
          : await api.replace(kind, object, { signal });
    } catch (thrown) {
      // Whether it was done is read back; it can not be done any more once the next write was.
      if (Failure.from(thrown, api.id).code !== "KubernetesUncertain" || signal?.aborted === true)
        throw thrown;
      return false;
    }
    if (reply.kind === "written") {
      this.#seen = { object: reply.object, content: contentOf(reply.object, this.#options.owner) };
      return true;
    }
    const isStale =
      (reply.kind === "conflict" && reply.about === "version") ||
      reply.kind === "alreadyExists" ||
      (reply.kind === "notFound" && reply.what === "object" && before !== undefined);
    if (isStale) return false;
    throw new Failure("RecordStoreFailed", reply.because);
  }

  async #at<T>(
    what: keyof typeof outcomes,
    work: (server: RecordServer) => Promise<T>,
  ): Promise<T> {
    let where = this.#options.name;
    try {
      this.#server ??= await this.#options.open();
      where = this.#server.api.id;
      return await work(this.#server);
    } catch (thrown) {
      if (thrown instanceof AssertionError) throw thrown;
      const failure = Failure.from(thrown, where);
      const { message, remedy } = failure;
      // The configuration may say another one by now.
      if (isTurnedAway(failure)) this.close();
      throw new Failure("RecordStoreFailed", `${outcomes[what]}: ${message}`, {
        ...{ where, remedy, cause: thrown },
      });
    }
  }
}

type Write = {
  readonly record: AgentRecord;
  readonly text: string;
  readonly signal: Signal | undefined;
};

/** What was seen, when it is a record that this one follows. */
function olderThan(
  { version, epochSeen }: AgentRecord,
  seen: Found | undefined,
): Found | undefined {
  if (seen?.content.kind !== "present" || seen.object.metadata.deletionTimestamp !== undefined)
    return undefined;
  const { record } = seen.content;
  return record.version < version && record.epochSeen <= epochSeen ? seen : undefined;
}

function contentOf(object: KubeObject, owner: string): FileContent {
  const data = object["data"];
  const text = typeof data === "object" && data !== null && key in data ? data[key] : undefined;
  const isOurs = typeof text === "string" && text.length <= largestRecordBytes;
  return isOurs ? parseRecordFile(owner, text) : { kind: "unreadable" };
}

/** The ConfigMap with the record; what others wrote onto it stays. */
function objectOf(
  place: { readonly name: string; readonly namespace: string },
  before: KubeObject | undefined,
  { epochSeen }: AgentRecord,
  text: string,
): KubeObject {
  const { uid, resourceVersion, labels, annotations } = before?.metadata ?? {};
  // Also over a record that can not be read: what was seen once was seen.
  const epoch = Math.max(epochSeen, before === undefined ? 0 : (epochOf(before) ?? 0));
  return {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: {
      ...place,
      ...(uid === undefined ? {} : { uid }),
      ...(resourceVersion === undefined ? {} : { resourceVersion }),
      labels: { ...labels, "app.kubernetes.io/part-of": "sovereign" },
      annotations: { ...annotations, ...epochAnnotations(epoch) },
    },
    data: { [key]: text },
  };
}
