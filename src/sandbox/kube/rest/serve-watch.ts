/** A watch over HTTP: one JSON object a line until its time is over or either side ends it. A client that does not read is cut off. */
import type { KubeObject } from "../objects/kube-object.ts";
import { badRequest } from "../objects/status-error.ts";
import { tableOf } from "../show/table.ts";
import { accepts } from "./reply.ts";
import type { ResourceRequest } from "./serve-resources.ts";
import { type WatchEvent, watchObjects } from "./watch-objects.ts";

const longestSeconds = 3_600;
/** What may wait in memory for one client. */
const waitingBytesMax = 8 * 1024 * 1024;

/** Answers with a watch. Throws the refusal while nothing is sent yet. */
export function serveWatch(asked: ResourceRequest): void {
  const { api, target, query, request, response, bookmarkEveryMs } = asked;
  const limit = query.get("timeoutSeconds");
  const seconds = limit === null ? longestSeconds : Number(limit);
  if (!Number.isInteger(seconds) || seconds < 0)
    throw badRequest(`strconv.ParseInt: parsing "${limit ?? ""}": invalid syntax`);
  const isTable = accepts(request, "as=Table");
  const lines: string[] = [];
  const send = (event: WatchEvent): void => {
    const shown = isTable ? asTable(event, asked) : event;
    const line = `${JSON.stringify(shown)}\n`;
    if (!response.headersSent) lines.push(line);
    else if (response.writableLength > waitingBytesMax) response.destroy();
    else response.write(line);
  };
  const over = new AbortController();
  const end = (): void => over.abort();
  const watch = watchObjects(api.store, { target, query, bookmarkEveryMs, send, end });
  response.writeHead(200, {
    "content-type": "application/json",
    "cache-control": "no-cache, private",
    "transfer-encoding": "chunked",
  });
  response.flushHeaders();
  if (lines.length > 0) response.write(lines.join(""));
  if (over.signal.aborted) {
    response.end();
    return;
  }
  const timer = setTimeout(
    () => response.end(),
    Math.max(1, Math.min(seconds, longestSeconds)) * 1_000,
  );
  response.once("close", () => {
    clearTimeout(timer);
    watch.close();
  });
}

function asTable(event: WatchEvent, { target, query, asker }: ResourceRequest): WatchEvent {
  if (event.type === "ERROR") return event;
  const object = event.object as KubeObject; // Every other event carries an object of the kind.
  const { resourceVersion = "" } = object.metadata;
  const objects = event.type === "BOOKMARK" ? [] : [object];
  return {
    type: event.type,
    object: tableOf(objects, {
      type: target.type,
      nowMs: asker.nowMs,
      includeObject: query.get("includeObject") ?? "Metadata",
      metadata: { resourceVersion },
    }),
  };
}
