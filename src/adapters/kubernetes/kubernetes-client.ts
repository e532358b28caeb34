/** The port to a Kubernetes API server, against a real one (ADR 41): every request shape of the product, and none beside them. */
import type { Clock, Signal } from "../../control/env.ts";
import type { AccessReviews } from "../../control/kubernetes/access-review.ts";
import type { ResourceKind } from "../../control/kubernetes/kube-object.ts";
import type {
  KubernetesApi,
  ServerVersion,
  WriteOptions,
  Written,
} from "../../control/kubernetes/kubernetes-api.ts";
import type { Refusal } from "../../control/kubernetes/refusal.ts";
import { Failure } from "../../core/kernel/failure.ts";
import { parseJson } from "../../core/kernel/json.ts";
import type { Random } from "../../core/kernel/random.ts";
import type { ApiAccess } from "./api-access.ts";
import { type Caller, type CallLimits, call, type KubeAnswer } from "./kube-call.ts";
import { type KubeRequest, kubeConnection } from "./kube-connection.ts";
import {
  createRequest,
  deleteRequest,
  evictRequest,
  getRequest,
  listRequest,
  type Named,
  patchRequest,
  replaceRequest,
  reviewRequest,
} from "./kube-requests.ts";
import { kubeObjectOf, listOf, reviewOf, versionSchema } from "./object-reply.ts";
import { openWatch } from "./open-watch.ts";
import { refusalOf } from "./refusal-of.ts";
import { statusOf } from "./status-object.ts";

export type KubernetesClientOptions = {
  readonly access: ApiAccess;
  /** Under which name the server remembers the fields that we set; never begins with `kubectl`. */
  readonly fieldManager: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly limits?: Partial<CallLimits>;
};

export type KubernetesClient = KubernetesApi &
  AccessReviews & {
    /** Ends the connections that are kept open; a watch ends by its signal. */
    close(): void;
  };

/** A page of the largest objects fits; a request that takes longer than this has a server in trouble behind it. */
const usualLimits: CallLimits = {
  requestMs: 10_000,
  budgetMs: 30_000,
  answerBytesMax: 64 * 1024 * 1024,
};

type Ask = {
  readonly request: KubeRequest;
  readonly kind: ResourceKind | null;
  readonly dryRun?: boolean | undefined;
  readonly isEviction?: boolean;
  readonly signal?: Signal | undefined;
};

type Answered<Reply> = { readonly answer: KubeAnswer; readonly reply: Reply };

/** A client of one server as one user. Nothing is sent before it is asked. */
export function kubernetesClient(options: KubernetesClientOptions): KubernetesClient {
  const { access, clock, random } = options;
  const connection = kubeConnection(access.server);
  const limits = { ...usualLimits, ...options.limits };
  const caller: Caller = { access, connection, clock, random, limits };
  const ask = <Reply>(asked: Ask, read: (value: unknown) => Reply | undefined) =>
    askServer(caller, asked, read);
  const named = <Options extends WriteOptions>(given: Options): Options & Named => ({
    ...given,
    fieldManager: given.fieldManager ?? options.fieldManager,
  });
  const write = async (
    kind: ResourceKind,
    request: KubeRequest,
    { dryRun, signal }: WriteOptions,
  ): Promise<Written | Refusal> => {
    const done = await ask({ request, kind, dryRun, signal }, kubeObjectOf);
    if ("kind" in done) return done;
    return { kind: "written", object: done.reply, warnings: done.answer.warnings };
  };
  let version: ServerVersion | undefined;
  return {
    id: access.id,
    async version(signal) {
      version ??= await readVersion(caller, signal);
      return version;
    },
    async get(kind, place, given = {}) {
      const { signal } = given;
      const done = await ask(
        { request: getRequest(kind, place, given), kind, signal },
        kubeObjectOf,
      );
      return "kind" in done ? done : { kind: "found", object: done.reply };
    },
    async list(kind, query = {}) {
      const { signal } = query;
      const done = await ask({ request: listRequest(kind, query), kind, signal }, listOf);
      return "kind" in done ? done : { kind: "listed", ...done.reply };
    },
    create: (kind, object, given = {}) =>
      write(kind, createRequest(kind, object, named(given)), given),
    replace: (kind, object, given = {}) =>
      write(kind, replaceRequest(kind, object, named(given)), given),
    patch: (kind, place, given) => write(kind, patchRequest(kind, place, named(given)), given),
    async delete(kind, place, given = {}) {
      const { dryRun, signal } = given;
      const request = deleteRequest(kind, place, given);
      const done = await ask({ request, kind, dryRun, signal }, deletedOf);
      return "kind" in done ? done : { kind: "deleted", object: done.reply.object };
    },
    async evict(pod, given = {}) {
      const { dryRun, signal } = given;
      const request = evictRequest(pod, given);
      const asked = { request, kind: null, dryRun, signal, isEviction: true };
      const done = await ask(asked, deletedOf);
      return "kind" in done ? done : { kind: "evicted" };
    },
    watch: (kind, query) => openWatch(caller, kind, query),
    async mayI(asked, signal) {
      const request = reviewRequest(asked);
      // Nothing is made by it, so that it may be asked again like a read.
      const done = await ask({ request, kind: null, dryRun: true, signal }, reviewOf);
      return "kind" in done ? done : { kind: "reviewed", ...done.reply };
    },
    close: connection.close,
  };
}

async function askServer<Reply>(
  caller: Caller,
  { request, kind, dryRun, signal, isEviction = false }: Ask,
  read: (value: unknown) => Reply | undefined,
): Promise<Answered<Reply> | Refusal> {
  const { id } = caller.access;
  const isWrite = request.method !== "GET" && dryRun !== true;
  const answer = await call(caller, request, { isWrite, signal });
  if (answer.status >= 200 && answer.status < 300) {
    const reply = read(parseJson(answer.text));
    if (reply !== undefined) return { answer, reply };
    throw unreadable(id, isWrite);
  }
  return refusalOf(answer, {
    id,
    what: `${request.method} ${request.path.replace(/\?.*$/, "")}`,
    isWrite,
    hasBody: request.method !== "GET" && request.method !== "DELETE",
    isEviction,
    isJsonPatch: request.contentType === "application/json-patch+json",
    isSecret: kind?.group === "" && kind.plural === "secrets",
  });
}

function unreadable(id: string, isWrite: boolean): Failure {
  // A proxy may have said yes in the server's place.
  const code = isWrite ? "KubernetesUncertain" : "KubernetesRefused";
  return new Failure(code, `${id} answers what is no answer of an API server`, { where: id });
}

/** A deletion is answered with the object, or with a Status that says that it is done. */
function deletedOf(value: unknown): { readonly object: Written["object"] | null } | undefined {
  if (statusOf(value)?.status === "Success") return { object: null };
  const object = kubeObjectOf(value);
  return object === undefined ? undefined : { object };
}

async function readVersion(caller: Caller, signal: Signal | undefined): Promise<ServerVersion> {
  const request = { method: "GET", path: "/version" } as const;
  const done = await askServer(
    caller,
    { request, kind: null, signal },
    (value) => versionSchema.safeParse(value).data,
  );
  if (!("kind" in done)) return done.reply;
  const { id } = caller.access;
  const message = `${id} does not say its version: ${done.because}`;
  throw new Failure("KubernetesRefused", message, { where: id });
}
