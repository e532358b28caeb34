/** The answer to a watch: one JSON object a line, for as long as it lasts (Kubernetes API concepts, *Efficient detection of changes*). */
import { z } from "zod";
import type { WatchEvent } from "../../control/kubernetes/kubernetes-api.ts";
import { parseJson } from "../../core/kernel/json.ts";
import { kubeObjectOf } from "./object-reply.ts";
import { type StatusObject, statusOf } from "./status-object.ts";

/** Some times what etcd stores of one object. */
export const lineBytesMax = 8 * 1024 * 1024;

const newline = 10;

/** The lines of a stream, each when it has ended. Throws an Error when one is too long, or has no end at the stream's end. */
export async function* linesOf(
  stream: AsyncIterable<Uint8Array>,
  bytesMax = lineBytesMax,
): AsyncGenerator<string> {
  let parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of stream) {
    let from = 0;
    for (let at = chunk.indexOf(newline); at >= 0; at = chunk.indexOf(newline, from)) {
      bytes += at - from;
      if (bytes > bytesMax) throw tooLong(bytesMax);
      yield Buffer.concat([...parts, chunk.subarray(from, at)]).toString("utf8");
      parts = [];
      bytes = 0;
      from = at + 1;
    }
    bytes += chunk.length - from;
    if (bytes > bytesMax) throw tooLong(bytesMax);
    if (from < chunk.length) parts.push(chunk.subarray(from));
  }
  if (bytes > 0) throw new Error("it ended in the middle of a line");
}

function tooLong(bytesMax: number): Error {
  return new Error(`a line is longer than ${bytesMax} bytes`);
}

const lineSchema = z.looseObject({ type: z.string(), object: z.unknown() });
const bookmarkSchema = z.looseObject({
  metadata: z.looseObject({ resourceVersion: z.string().min(1) }),
});

export type WatchLine =
  | { readonly kind: "event"; readonly event: WatchEvent }
  | { readonly kind: "error"; readonly status: StatusObject }
  | { readonly kind: "unreadable" };

const unreadable = { kind: "unreadable" } as const;

/** What a line says. An unknown type of event is unreadable: it might be a change. */
export function watchLineOf(line: string): WatchLine {
  const parsed = lineSchema.safeParse(parseJson(line));
  if (!parsed.success) return unreadable;
  const { type, object } = parsed.data;
  if (type === "ERROR") {
    const status = statusOf(object);
    return status === undefined ? unreadable : { kind: "error", status };
  }
  if (type === "BOOKMARK") {
    const mark = bookmarkSchema.safeParse(object).data;
    if (mark === undefined) return unreadable;
    const { resourceVersion } = mark.metadata;
    return { kind: "event", event: { kind: "bookmark", resourceVersion } };
  }
  const kind = kindsOfEvents[type];
  const found = kubeObjectOf(object);
  if (kind === undefined || found?.metadata.resourceVersion === undefined) return unreadable;
  return { kind: "event", event: { kind, object: found } };
}

const kindsOfEvents: Readonly<Record<string, "changed" | "removed" | undefined>> = {
  ADDED: "changed",
  MODIFIED: "changed",
  DELETED: "removed",
};
