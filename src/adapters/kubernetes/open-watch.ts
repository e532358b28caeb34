/** One watch on a connection of its own, which never lasts beyond a silence. */
import type { IncomingMessage } from "node:http";
import type { ResourceKind } from "../../control/kubernetes/kube-object.ts";
import type { WatchEvent, Watching, WatchQuery } from "../../control/kubernetes/kubernetes-api.ts";
import type { Refusal } from "../../control/kubernetes/refusal.ts";
import { Failure } from "../../core/kernel/failure.ts";
import { bounded } from "../bounded.ts";
import { boundedText } from "../bounded-text.ts";
import { openDoor } from "./door.ts";
import { type Caller, unheard, unopened } from "./kube-call.ts";
import { reasonOf } from "./kube-connection.ts";
import { watchRequest } from "./kube-requests.ts";
import { type Asked, refusalOf, refusalOfStatus } from "./refusal-of.ts";
import { retryAfterMs } from "./retry-after.ts";
import { linesOf, watchLineOf } from "./watch-stream.ts";

const refusalBytesMax = 64 * 1024;

type Life = { readonly signal: AbortSignal; end(): void };

/** Opens it; the head of the answer comes within the limit of a request. It is tried once: `watchKind` tries again. */
export async function openWatch(
  caller: Caller,
  kind: ResourceKind,
  query: WatchQuery,
): Promise<Watching | Refusal> {
  const { access, connection, clock, limits } = caller;
  const ask = { isWrite: false, signal: query.signal };
  const asked = askedOf(access.id, kind);
  const life = lifeOf(query);
  // The head, and the whole of a refusal, within the limit of a request; a watch may then last.
  const limit = bounded(limits.requestMs, query.signal);
  limit.signal.addEventListener("abort", life.end, { once: true });
  const unheardOf = (because: string): Failure => {
    const late = `no answer within ${limits.requestMs} ms`;
    return unheard(access.id, { isSent: true, because: limit.isLate() ? late : because }, ask);
  };
  try {
    const door = await openDoor(access, limit.signal);
    if (door === undefined) throw unheard(access.id, unopened(limits.requestMs), ask);
    const begun = await connection.begin(watchRequest(kind, query), door, life.signal);
    if (begun.kind === "silent") throw unheardOf(begun.because);
    const { response } = begun;
    const status = response.statusCode ?? 0;
    if (status === 200) {
      limit.signal.removeEventListener("abort", life.end);
      return { kind: "watching", events: eventsOf(response, life, asked, query) };
    }
    const text = await boundedText(response, refusalBytesMax).catch((thrown: unknown) => {
      throw unheardOf(reasonOf(thrown));
    });
    const afterMs = retryAfterMs(response.headers["retry-after"], clock.nowMs());
    const refusal = refusalOf({ status, text, retryAfterMs: afterMs }, asked);
    life.end();
    return refusal;
  } catch (thrown) {
    life.end();
    throw thrown;
  } finally {
    limit.end();
  }
}

function askedOf(id: string, kind: ResourceKind): Asked {
  const isSecret = kind.group === "" && kind.plural === "secrets";
  const what = `a watch of ${kind.plural}`;
  return {
    id,
    what,
    isWrite: false,
    hasBody: false,
    isEviction: false,
    isJsonPatch: false,
    isSecret,
  };
}

/** What ends the connection: whoever no longer wants it, or we. */
function lifeOf({ signal }: WatchQuery): Life {
  const abort = new AbortController();
  const end = (): void => {
    signal.removeEventListener("abort", end);
    abort.abort();
  };
  if (signal.aborted) end();
  else signal.addEventListener("abort", end, { once: true });
  return { signal: abort.signal, end };
}

/** The events until the server, a silence or the signal ends them. */
async function* eventsOf(
  response: IncomingMessage,
  life: Life,
  asked: Asked,
  query: WatchQuery,
): AsyncGenerator<WatchEvent | Refusal> {
  const lines = linesOf(response);
  try {
    for (;;) {
      const next = await nextLine(lines, life, query.silenceMs).catch((thrown: unknown) => {
        if (query.signal.aborted) return { done: true, value: "" } as const;
        const message = `${asked.id} broke ${asked.what} off: ${reasonOf(thrown)}`;
        throw new Failure("KubernetesUnreachable", message, { where: asked.id });
      });
      if (next.done === true) return;
      const read = watchLineOf(next.value);
      if (read.kind === "unreadable") {
        const message = `a line of ${asked.what} from ${asked.id} can not be read`;
        throw new Failure("KubernetesRefused", message, { where: asked.id });
      }
      if (read.kind === "error") {
        const no = { status: read.status.code ?? 500, text: "", retryAfterMs: null };
        yield refusalOfStatus(no, read.status, asked);
        return;
      }
      yield read.event;
    }
  } finally {
    life.end();
  }
}

/** The next whole line. A line that comes byte by byte is as silent as none. */
async function nextLine(
  lines: AsyncGenerator<string>,
  life: Life,
  silenceMs: number,
): Promise<IteratorResult<string>> {
  let isSilent = false;
  const timer = setTimeout(() => {
    isSilent = true;
    life.end();
  }, silenceMs);
  try {
    return await lines.next();
  } catch (thrown) {
    throw isSilent ? new Error(`nothing was heard for ${silenceMs} ms`) : thrown;
  } finally {
    clearTimeout(timer);
  }
}
