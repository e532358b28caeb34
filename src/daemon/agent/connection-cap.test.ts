import { connect, createServer, type Socket } from "node:net";
import { expect, test } from "vitest";
import { capConnections } from "./connection-cap.ts";

/** A connection, and whether the other side ended it before it said anything. */
function dial(port: number, from: string): Promise<{ socket: Socket; isTaken: boolean }> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: "127.0.0.1", localAddress: from });
    socket.once("data", () => resolve({ socket, isTaken: true }));
    socket.once("close", () => resolve({ socket, isTaken: false }));
    socket.on("error", () => undefined);
  });
}

test("one network has at most its share of the connections, and another one is taken beside it", async () => {
  const server = createServer();
  capConnections(server, 3);
  server.on("connection", (socket) => void (socket.destroyed || socket.write("taken")));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
  const bound = server.address();
  const port = typeof bound === "object" && bound !== null ? bound.port : 0;
  const sockets: Socket[] = [];
  const count = async (from: string): Promise<boolean> => {
    const { socket, isTaken } = await dial(port, from);
    sockets.push(socket);
    return isTaken;
  };
  try {
    for (const taken of [true, true, true, false]) expect(await count("127.0.0.1")).toBe(taken);
    expect(await count("127.9.0.1")).toBe(true);
    const gone = new Promise((resolve) => sockets[0]?.once("close", resolve));
    sockets[0]?.destroy();
    await gone;
    await expect.poll(() => count("127.0.0.1"), { timeout: 10_000 }).toBe(true);
  } finally {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  }
});
