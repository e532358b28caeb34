/** Questions to one server as fast as it answers: a few sockets, each with some questions under way, for a while. */
import { createSocket, type Socket } from "node:dgram";
import { setTimeout as sleep } from "node:timers/promises";
import { makeQuestion } from "../../adapters/dns/question.ts";
import type { DnsEndpoint } from "../../control/env.ts";

export type LoadResult = { readonly answers: number; readonly seconds: number };

const socketsCount = 4;
const underWay = 32;
const stalledAfterMs = 200;

/** Asks one question again and again; lost packets are made up for. */
export async function load(
  endpoint: DnsEndpoint,
  name: string,
  type: string,
  seconds: number,
): Promise<LoadResult> {
  const { bytes } = makeQuestion(name, type);
  const counts = Array.from({ length: socketsCount }, () => 0);
  const sockets = await Promise.all(counts.map(() => connected(endpoint)));
  const started = performance.now();
  const timers = sockets.map((socket, index) => {
    let seen = -1;
    socket.on("message", () => {
      counts[index] = (counts[index] ?? 0) + 1;
      socket.send(bytes);
    });
    const fill = (): void => {
      if (counts[index] === seen) for (let n = 0; n < underWay; n++) socket.send(bytes);
      seen = counts[index] ?? 0;
    };
    for (let n = 0; n < underWay; n++) socket.send(bytes);
    return setInterval(fill, stalledAfterMs);
  });
  await sleep(seconds * 1_000);
  const took = (performance.now() - started) / 1_000;
  const answers = counts.reduce((sum, count) => sum + count, 0);
  for (const timer of timers) clearInterval(timer);
  for (const socket of sockets) {
    socket.removeAllListeners("message");
    socket.close();
  }
  return { answers, seconds: took };
}

function connected({ address, port }: DnsEndpoint): Promise<Socket> {
  const socket = createSocket("udp4");
  return new Promise((resolve, reject) => {
    socket.once("error", reject);
    socket.connect(port, address, () => {
      socket.removeListener("error", reject);
      // A server that falls over in the middle shows in the count.
      socket.on("error", () => undefined);
      resolve(socket);
    });
  });
}
