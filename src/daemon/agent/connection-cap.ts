/** A bound on the open connections of one network, so that nobody without a certificate can take all that a listener has. */
import type { Server, Socket } from "node:net";
import { networkOf } from "../../adapters/agent/query-rate.ts";

/** Ends every connection beyond `max` of the same network at once. */
export function capConnections(server: Pick<Server, "on">, max: number): void {
  const open = new Map<Socket, string>();
  server.on("connection", (socket: Socket) => {
    const network = networkOf(socket.remoteAddress ?? "");
    const ofNetwork = [...open.values()].filter((one) => one === network).length;
    if (ofNetwork >= max) {
      socket.destroy();
      return;
    }
    open.set(socket, network);
    socket.once("close", () => open.delete(socket));
  });
}
