/** The supervisor's end of protocol.ts: one JSON object a line each way, over a unix socket of its owner. */
import { chmod } from "node:fs/promises";
import { createServer, type Server, type Socket } from "node:net";
import { z } from "zod";
import { Failure } from "../core/kernel/failure.ts";
import { faults, type SandboxReply, type SandboxRequest, type SandboxStatus } from "./protocol.ts";

const requestSchema = z.discriminatedUnion("command", [
  z.strictObject({ command: z.literal("status") }),
  z.strictObject({
    command: z.literal("break"),
    region: z.string(),
    fault: z.enum(faults),
    hold: z.enum(["connection", "restore"]),
  }),
  z.strictObject({ command: z.literal("restore"), region: z.string() }),
  z.strictObject({ command: z.literal("stop") }),
]);

const requestBytesMax = 4_096;
const connectionsMax = 64;

export type Handlers = {
  /** Answers a request; `connection` names who asked, for faults held by a connection. */
  readonly handle: (request: SandboxRequest, connection: object) => Promise<SandboxStatus>;
  readonly onClose: (connection: object) => void;
};

export class SupervisorSocket {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(server: Server) {
    this.#server = server;
  }

  /** Listens; the folder of `path` exists and nobody listens there. */
  static async listen(path: string, handlers: Handlers): Promise<SupervisorSocket> {
    const server = createServer();
    const self = new SupervisorSocket(server);
    server.maxConnections = connectionsMax;
    server.on("connection", (socket) => self.#serve(socket, handlers));
    await new Promise<void>((resolve, reject) => {
      server.once("error", (thrown) => reject(Failure.from(thrown, path)));
      server.listen(path, resolve);
    });
    await chmod(path, 0o600);
    return self;
  }

  /** Ends all connections and stops listening; the file is gone afterwards. */
  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  #serve(socket: Socket, handlers: Handlers): void {
    this.#sockets.add(socket);
    socket.setEncoding("utf8");
    let rest = "";
    let last: Promise<void> = Promise.resolve();
    socket.on("data", (text: string) => {
      const parts = `${rest}${text}`.split("\n");
      rest = parts.pop() ?? "";
      if (rest.length > requestBytesMax) socket.destroy();
      for (const line of parts) {
        // One after the other, so that replies stand in the order of their requests.
        last = last.then(async () => {
          const reply = await answer(line, socket, handlers);
          if (!socket.destroyed) socket.write(`${JSON.stringify(reply)}\n`);
        });
      }
    });
    socket.on("error", () => socket.destroy());
    socket.once("close", () => {
      this.#sockets.delete(socket);
      handlers.onClose(socket);
    });
  }
}

async function answer(line: string, connection: object, handlers: Handlers): Promise<SandboxReply> {
  try {
    return { ok: true, result: await handlers.handle(parseRequest(line), connection) };
  } catch (thrown) {
    return { ok: false, error: Failure.from(thrown, "the sandbox").toJson() };
  }
}

/** A request of one line; fails with UsageInvalid. */
export function parseRequest(line: string): SandboxRequest {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (cause) {
    throw new Failure("UsageInvalid", "The request is not JSON.", { cause });
  }
  const parsed = requestSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new Failure("UsageInvalid", `The request is not understood: ${issue?.message ?? ""}.`, {
    field: issue?.path.join(".") ?? "command",
  });
}
