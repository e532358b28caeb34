import { describe, expect, test } from "vitest";
import {
  answer,
  chunk,
  no,
  reset,
  type Say,
  scriptedClient,
  scriptedServer,
  silence,
  streamed,
  streaming,
} from "../../../test/contract/kubernetes-scripted-server.ts";
import { resourceKinds } from "../../control/kubernetes/resource-kinds.ts";
import type { Failure } from "../../core/kernel/failure.ts";

const line = (type: string, object: object): string => `${JSON.stringify({ type, object })}\n`;
const mapOf = (name: string, resourceVersion: string) => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name, namespace: "n", resourceVersion, creationTimestamp: null },
});
const added = line("ADDED", mapOf("a", "2"));

/** What a watch of the script gives: a word for each event, then how it ended. */
async function watch(says: readonly Say[], options: { readonly signal?: AbortSignal } = {}) {
  const { url, heard } = await scriptedServer(...says);
  const client = scriptedClient(url, { limits: { requestMs: 500 } });
  const seen: string[] = [];
  try {
    const watching = await client.watch(resourceKinds.configMap, {
      namespace: "n",
      resourceVersion: "1",
      endsAfterSeconds: 30,
      silenceMs: 400,
      signal: options.signal ?? new AbortController().signal,
    });
    if (watching.kind !== "watching") return { heard, seen, ended: watching.kind };
    for await (const event of watching.events) seen.push(event.kind);
    return { heard, seen, ended: "by itself" };
  } catch (thrown) {
    const { code, message } = thrown as Failure;
    return { heard, seen, ended: code, message };
  }
}

test("asks for bookmarks, a version and an end", async () => {
  const { heard } = await watch([streamed()]);
  expect(heard[0]?.line).toBe(
    "GET /api/v1/namespaces/n/configmaps?watch=true&allowWatchBookmarks=true&resourceVersion=1&timeoutSeconds=30",
  );
});

test("gives events as they come, in whatever pieces", async () => {
  const bookmark = line("BOOKMARK", {
    metadata: { resourceVersion: "9", creationTimestamp: null },
  });
  const text = `${added}${line("MODIFIED", mapOf("a", "3"))}${line("DELETED", mapOf("a", "4"))}${bookmark}`;
  const byBytes = await watch([streamed(...text)]);
  expect(byBytes).toMatchObject({
    seen: ["changed", "changed", "removed", "bookmark"],
    ended: "by itself",
  });
  expect((await watch([streamed(text)])).seen).toEqual(byBytes.seen);
});

const dripping: Say = (socket, heard) => {
  streaming(added)(socket, heard);
  const timer = setInterval(() => socket.write(chunk(" ")), 50);
  socket.on("close", () => clearInterval(timer));
};

const broken: Say = (socket, heard) => {
  streaming(added)(socket, heard);
  setTimeout(() => socket.resetAndDestroy(), 50);
};

const tooLong: Say = (socket, heard) => {
  streaming()(socket, heard);
  const timer = setInterval(() => socket.write(chunk("x".repeat(1_000_000))), 1);
  socket.on("close", () => clearInterval(timer));
};

const status = (code: number): string =>
  line("ERROR", { kind: "Status", status: "Failure", code, message: `it is ${code}` });

describe("what ends it", () => {
  test.each<[string, Say, readonly string[], string]>([
    ["silence", streaming(added), ["changed"], "KubernetesUnreachable"],
    ["bytes that never are a line", dripping, ["changed"], "KubernetesUnreachable"],
    ["a broken connection", broken, ["changed"], "KubernetesUnreachable"],
    [
      "an end within a line",
      streamed(added, added.slice(0, 20)),
      ["changed"],
      "KubernetesUnreachable",
    ],
    ["a line that is too long", tooLong, [], "KubernetesUnreachable"],
    ["a line that is no JSON", streaming(added, "garbage\n"), ["changed"], "KubernetesRefused"],
    [
      "an event of no known type",
      streaming(line("MOVED", mapOf("a", "2"))),
      [],
      "KubernetesRefused",
    ],
    ["an event without its object", streaming(line("ADDED", {})), [], "KubernetesRefused"],
    [
      "an object without a version",
      streaming(line("ADDED", { ...mapOf("a", "2"), metadata: { name: "a" } })),
      [],
      "KubernetesRefused",
    ],
    ["an error that says gone", streaming(added, status(410)), ["changed", "gone"], "by itself"],
    ["an error of the server", streaming(status(500)), [], "KubernetesUnreachable"],
    ["an error that is no Status", streaming(line("ERROR", {})), [], "KubernetesRefused"],
    ["its own end", streamed(added), ["changed"], "by itself"],
  ])("%s", async (_name, say, seen, ended) => {
    expect(await watch([say])).toMatchObject({ seen, ended });
  });

  test("silence says for how long", async () => {
    const { message } = await watch([streaming(added)]);
    expect(message).toBe(
      "agent at the script broke a watch of configmaps off: nothing was heard for 400 ms",
    );
  });

  test("whoever no longer wants it", async () => {
    const abort = new AbortController();
    setTimeout(() => abort.abort(), 100);
    expect(await watch([streaming(added)], { signal: abort.signal })).toMatchObject({
      seen: ["changed"],
      ended: "by itself",
    });
  });
});

describe("what keeps it from beginning", () => {
  test.each<[string, Say, string]>([
    ["no answer", silence, "KubernetesUnreachable"],
    ["a broken connection", reset, "KubernetesUnreachable"],
    ["gone", no(410, { reason: "Expired" }), "gone"],
    ["forbidden", no(403, { reason: "Forbidden", message: "no" }), "forbidden"],
    ["a server that is busy", no(429, {}, { "retry-after": "1" }), "KubernetesUnreachable"],
    ["a server in trouble", answer(500, "panic"), "KubernetesUnreachable"],
    [
      "a page without end that says no",
      (socket) => socket.write("HTTP/1.1 500 Word\r\n\r\nno"),
      "KubernetesUnreachable",
    ],
    ["a kind that is not there", answer(404, "404 page not found"), "notFound"],
    ["a wrong credential", no(401, {}), "KubernetesUnauthorized"],
  ])("%s", async (_name, say, ended) => {
    expect(await watch([say])).toMatchObject({ seen: [], ended });
  });
});
