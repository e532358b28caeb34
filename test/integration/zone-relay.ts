/** A UDP relay that hands each question to the next of several servers in turn, so that a resolver really alternates. */
import { createSocket, type Socket } from "node:dgram";
import type { DnsEndpoint } from "../../src/control/env.ts";

export type Relay = DnsEndpoint & {
  /** Questions that each server was given. */
  readonly counts: readonly number[];
  readonly stop: () => void;
};

/** Listens on a free port of the address; answers go back to whoever asked. */
export async function startRelay(address: string, servers: readonly DnsEndpoint[]): Promise<Relay> {
  const socket = createSocket("udp4");
  const counts = servers.map(() => 0);
  const open = new Set<Socket>();
  let turn = 0;
  socket.on("message", (question, from) => {
    const index = turn++ % servers.length;
    const server = servers[index];
    if (server === undefined) return;
    counts[index] = (counts[index] ?? 0) + 1;
    const upstream = createSocket("udp4");
    open.add(upstream);
    const end = (): void => {
      clearTimeout(timer);
      if (open.delete(upstream)) upstream.close();
    };
    const timer = setTimeout(end, 5_000);
    upstream.on("error", end);
    upstream.on("message", (answer) => {
      socket.send(answer, from.port, from.address);
      end();
    });
    upstream.send(question, server.port, server.address);
  });
  await new Promise<void>((resolve, reject) => {
    socket.once("error", reject);
    socket.bind(0, address, resolve);
  });
  const stop = (): void => {
    for (const upstream of open) upstream.close();
    open.clear();
    socket.close();
  };
  return { address, port: socket.address().port, counts, stop };
}
