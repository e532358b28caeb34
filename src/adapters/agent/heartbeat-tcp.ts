/** Questions over TCP, each behind its length in two bytes (RFC 1035 §4.2.2, RFC 7766): few connections, few questions, short waits. */
import { createServer, type Socket } from "node:net";
import { questionBytesMax } from "./heartbeat-answer.ts";
import { networkOf } from "./query-rate.ts";

const connectionsMax = 64;
/** So that one network can not take all of them. */
const connectionsOfNetworkMax = 16;
const questionsMax = 16;
const idleMs = 3_000;
const lifeMs = 10_000;

/** Listens; `answer` gives the bytes to send, or nothing, which ends the connection. Rejects when it may not listen there. */
export async function listenForQuestions(
  address: string,
  port: number,
  answer: (packet: Buffer, from: string) => Buffer | undefined,
): Promise<{ close(): Promise<void> }> {
  const open = new Map<Socket, string>();
  const server = createServer((socket) => {
    const from = socket.remoteAddress ?? "";
    const network = networkOf(from);
    const ofNetwork = [...open.values()].filter((one) => one === network).length;
    if (ofNetwork >= connectionsOfNetworkMax) {
      socket.destroy();
      return;
    }
    open.set(socket, network);
    socket.once("close", () => open.delete(socket));
    serve(socket, (packet) => answer(packet, from));
  });
  server.maxConnections = connectionsMax;
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, address, () => {
      server.removeListener("error", reject);
      resolve();
    });
  });
  // What goes wrong with one connection ends that one; the listener itself has nothing more to tell.
  server.on("error", () => undefined);
  return {
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of open.keys()) socket.destroy();
      }),
  };
}

function serve(socket: Socket, answer: (packet: Buffer) => Buffer | undefined): void {
  let received = Buffer.alloc(0);
  let asked = 0;
  const end = (): void => {
    socket.destroy();
  };
  const life = setTimeout(end, lifeMs);
  socket.setTimeout(idleMs, end);
  socket.once("close", () => clearTimeout(life));
  socket.on("error", end);
  socket.on("data", (part) => {
    received = Buffer.concat([received, part]);
    while (received.length >= 2) {
      const length = received.readUInt16BE(0);
      if (length > questionBytesMax || asked >= questionsMax) return end();
      if (received.length < 2 + length) return;
      const packet = received.subarray(2, 2 + length);
      received = received.subarray(2 + length);
      asked += 1;
      const bytes = answer(packet);
      if (bytes === undefined) return end();
      const head = Buffer.alloc(2);
      head.writeUInt16BE(bytes.length);
      socket.write(Buffer.concat([head, bytes]));
    }
  });
}
