/** A server on loopback that says, byte by byte, what a test wants: all that no real API server does on demand. */
import { createServer, type Socket } from "node:net";
import { onTestFinished } from "vitest";
import { systemClock } from "../../src/adapters/clock.ts";
import type { ApiAccess } from "../../src/adapters/kubernetes/api-access.ts";
import {
  type KubernetesClient,
  type KubernetesClientOptions,
  kubernetesClient,
} from "../../src/adapters/kubernetes/kubernetes-client.ts";
import type { Clock } from "../../src/control/env.ts";
import { seededRandom } from "../../src/core/kernel/random.ts";

export type Heard = {
  /** `GET /api/v1/pods`. */
  readonly line: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
};

/** What is said to one request. */
export type Say = (socket: Socket, heard: Heard) => void;

export type Scripted = { readonly url: string; readonly heard: readonly Heard[] };

/** Says these to the requests in turn, the last one for ever. */
export async function scriptedServer(...says: readonly Say[]): Promise<Scripted> {
  const heard: Heard[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    // Some scripts break connections; that is the point.
    socket.on("error", () => undefined);
    let text = "";
    socket.on("data", (chunk) => {
      text += chunk.toString("latin1");
      for (let next = requestIn(text); next !== undefined; next = requestIn(text)) {
        text = text.slice(next.length);
        const say = says[Math.min(heard.length, says.length - 1)];
        heard.push(next.heard);
        say?.(socket, next.heard);
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  const bound = server.address();
  const port = typeof bound === "object" && bound !== null ? bound.port : 0;
  return { url: `http://127.0.0.1:${port}`, heard };
}

function requestIn(text: string): { readonly heard: Heard; readonly length: number } | undefined {
  const end = text.indexOf("\r\n\r\n");
  if (end < 0) return undefined;
  const [line = "", ...lines] = text.slice(0, end).split("\r\n");
  const headers = Object.fromEntries(
    lines.map((each) => [
      each.slice(0, each.indexOf(":")).toLowerCase(),
      each.slice(each.indexOf(":") + 1).trim(),
    ]),
  );
  const length = end + 4 + Number(headers["content-length"] ?? 0);
  if (text.length < length) return undefined;
  const body = text.slice(end + 4, length);
  return { heard: { line: line.replace(/ HTTP\/1\.1$/, ""), headers, body }, length };
}

/** A whole answer. */
export function answer(
  status: number,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): Say {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  const all = { "content-length": String(Buffer.byteLength(text)), ...headers };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return (socket) => socket.write(`HTTP/1.1 ${status} Word\r\n${lines.join("")}\r\n${text}`);
}

/** A `Status` as an answer. */
export function no(status: number, rest: object, headers?: Readonly<Record<string, string>>): Say {
  const body = { kind: "Status", apiVersion: "v1", status: "Failure", code: status, ...rest };
  return answer(status, body, headers);
}

/** The head of a watch, then these pieces as they are. */
export function streaming(...pieces: readonly string[]): Say {
  return (socket) => {
    socket.write("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n");
    for (const piece of pieces) socket.write(chunk(piece));
  };
}

/** The same with a right end. */
export function streamed(...pieces: readonly string[]): Say {
  return (socket, heard) => {
    streaming(...pieces)(socket, heard);
    socket.write("0\r\n\r\n");
  };
}

export function chunk(piece: string): string {
  return `${Buffer.byteLength(piece).toString(16)}\r\n${piece}\r\n`;
}

/** Nothing, for ever. */
export const silence: Say = () => undefined;

/** The end of the connection in the middle of everything. */
export const reset: Say = (socket) => socket.resetAndDestroy();

/** A clock that does not wait, and remembers how long it should have. */
export function hurriedClock(): Clock & { readonly slept: readonly number[] } {
  const slept: number[] = [];
  let skippedMs = 0;
  return {
    slept,
    nowMs: () => systemClock.nowMs() + skippedMs,
    monotonicMs: () => systemClock.monotonicMs() + skippedMs,
    sleep(ms) {
      slept.push(ms);
      skippedMs += ms;
      return Promise.resolve();
    },
  };
}

export const scriptedToken = "t0ken-of-the-script";

/** How the scripted server is reached, with a token. */
export function scriptedAccess(server: string, rest: Partial<ApiAccess> = {}): ApiAccess {
  return {
    id: "agent at the script",
    server,
    namespace: "default",
    ca: null,
    serverName: null,
    token: { kind: "text", text: scriptedToken },
    certificate: null,
    ...rest,
  };
}

/** A client of the scripted server, with limits that a test can wait for. */
export function scriptedClient(
  url: string,
  rest: Partial<KubernetesClientOptions> = {},
): KubernetesClient {
  const client = kubernetesClient({
    access: scriptedAccess(url),
    fieldManager: "sovereign-test",
    clock: hurriedClock(),
    random: seededRandom(1),
    ...rest,
  });
  onTestFinished(() => client.close());
  return client;
}
