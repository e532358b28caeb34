/** A client's connection to the supervisor of a running sandbox (protocol.ts): one JSON object a line each way. */
import { createConnection, type Socket } from "node:net";
import { Failure } from "../core/kernel/failure.ts";
import type { SandboxReply, SandboxRequest, SandboxStatus } from "./protocol.ts";

export type RequestOptions = {
  readonly signal?: AbortSignal;
  /** How long a reply may take; restoring a region waits for its processes. */
  readonly timeoutMs?: number;
};

export interface SandboxConnection {
  /** Sends one request and gives its result; requests of one connection are answered in order. */
  request(request: SandboxRequest, options?: RequestOptions): Promise<SandboxStatus>;
  /** Ends the connection; faults held by it are undone. */
  close(): void;
  /** Resolves once the connection has ended, whoever ended it. */
  readonly closed: Promise<void>;
}

/** A reply is a status of some kilobytes; more than this is not our supervisor. */
const replyBytesMax = 1 << 20;

type Waiter = {
  readonly resolve: (status: SandboxStatus) => void;
  readonly reject: (failure: Failure) => void;
};

class LineConnection implements SandboxConnection {
  readonly closed: Promise<void>;
  readonly #socket: Socket;
  readonly #waiting: Waiter[] = [];
  #rest = "";

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.setEncoding("utf8");
    socket.on("data", (text: string) => this.#take(text));
    socket.on("error", () => socket.destroy());
    this.closed = new Promise((resolve) => {
      socket.once("close", () => {
        for (const waiter of this.#waiting.splice(0)) waiter.reject(connectionLost());
        resolve();
      });
    });
  }

  request(request: SandboxRequest, options: RequestOptions = {}): Promise<SandboxStatus> {
    const { signal, timeoutMs = 60_000 } = options;
    if (this.#socket.destroyed) return Promise.reject(connectionLost());
    return new Promise((resolve, reject) => {
      const give = (failure: Failure): void => {
        // A later reply could no longer be matched to its request.
        settle();
        this.#socket.destroy();
        reject(failure);
      };
      const late = setTimeout(
        () => give(new Failure("TimedOut", `The sandbox did not answer "${request.command}".`)),
        timeoutMs,
      );
      const abort = (): void =>
        give(new Failure("Cancelled", `"${request.command}" was cancelled.`));
      const settle = (): void => {
        clearTimeout(late);
        signal?.removeEventListener("abort", abort);
      };
      this.#waiting.push({
        resolve: (status) => {
          settle();
          resolve(status);
        },
        reject: (failure) => {
          settle();
          reject(failure);
        },
      });
      if (signal?.aborted === true) return abort();
      signal?.addEventListener("abort", abort, { once: true });
      this.#socket.write(`${JSON.stringify(request)}\n`);
    });
  }

  close(): void {
    this.#socket.end();
    this.#socket.destroy();
  }

  #take(text: string): void {
    this.#rest += text;
    if (this.#rest.length > replyBytesMax) this.#socket.destroy();
    for (let cut = this.#rest.indexOf("\n"); cut >= 0; cut = this.#rest.indexOf("\n")) {
      const line = this.#rest.slice(0, cut);
      this.#rest = this.#rest.slice(cut + 1);
      const waiter = this.#waiting.shift();
      const reply = readReply(line);
      if (reply === undefined || waiter === undefined) {
        this.#socket.destroy();
        return;
      }
      if (reply.ok) waiter.resolve(reply.result);
      else waiter.reject(new Failure(reply.error.code, reply.error.message, reply.error));
    }
  }
}

/** Connects to the supervisor behind `layout.socket`; fails with NotRunning when nobody listens there. */
export function openSandboxConnection(
  layout: { readonly socket: string },
  options: { readonly signal?: AbortSignal } = {},
): Promise<SandboxConnection> {
  return new Promise((resolve, reject) => {
    const socket = createConnection(layout.socket);
    const late = setTimeout(
      () => fail(new Failure("TimedOut", "The sandbox does not answer.")),
      5_000,
    );
    const abort = (): void =>
      fail(new Failure("Cancelled", "Connecting to the sandbox was cancelled."));
    const settle = (): void => {
      clearTimeout(late);
      options.signal?.removeEventListener("abort", abort);
      socket.removeListener("error", refused);
    };
    const fail = (failure: Failure): void => {
      settle();
      socket.on("error", () => undefined); // Already reported; a destroyed socket may still complain.
      socket.destroy();
      reject(failure);
    };
    const refused = (thrown: NodeJS.ErrnoException): void => fail(refusal(thrown, layout.socket));
    socket.once("error", refused);
    socket.once("connect", () => {
      settle();
      resolve(new LineConnection(socket));
    });
    if (options.signal?.aborted === true) abort();
    else options.signal?.addEventListener("abort", abort, { once: true });
  });
}

/** One request over a connection of its own: do not use it with hold "connection". */
export async function sandboxRequest(
  layout: { readonly socket: string },
  request: SandboxRequest,
  options: RequestOptions = {},
): Promise<SandboxStatus> {
  const connection = await openSandboxConnection(layout, options);
  try {
    return await connection.request(request, options);
  } finally {
    connection.close();
  }
}

function refusal(thrown: NodeJS.ErrnoException, where: string): Failure {
  if (thrown.code === "ENOENT" || thrown.code === "ECONNREFUSED" || thrown.code === "ENOTSOCK") {
    return new Failure("NotRunning", "No sandbox is running in this state folder.", {
      where,
      cause: thrown,
    });
  }
  return Failure.from(thrown, where);
}

function readReply(line: string): SandboxReply | undefined {
  try {
    const reply = JSON.parse(line) as SandboxReply; // Written by our own supervisor of the same checkout.
    return typeof reply.ok === "boolean" ? reply : undefined;
  } catch {
    return undefined; // Not a line of the protocol: the caller ends the connection.
  }
}

function connectionLost(): Failure {
  return new Failure("NotRunning", "The sandbox ended the connection.");
}
