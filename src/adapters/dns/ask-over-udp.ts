/** One question in one datagram, from a new socket. */
import { createSocket } from "node:dgram";
import { isIPv6 } from "node:net";
import type { DecodedPacket } from "dns-packet";
import type { DnsEndpoint } from "../../control/env.ts";
import { parseIpv6 } from "../../core/dns/address.ts";
import type { Question } from "./question.ts";

/** The answer; undefined when none came within `waitMs`. Rejects when the server refuses or the signal is given. */
export function askOverUdp(
  server: DnsEndpoint,
  question: Question,
  waitMs: number,
  signal: AbortSignal,
): Promise<DecodedPacket | undefined> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const socket = createSocket(isIPv6(server.address) ? "udp6" : "udp4");
    const end = (settle: () => void): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", stop);
      socket.removeAllListeners();
      // What still arrives while the socket closes is of no interest.
      socket.on("error", () => {});
      socket.close();
      settle();
    };
    const stop = (): void => end(() => reject(new Error("stopped")));
    const timer = setTimeout(() => end(() => resolve(undefined)), waitMs);
    signal.addEventListener("abort", stop, { once: true });
    socket.on("error", (error) => end(() => reject(error)));
    socket.on("message", (packet, from) => {
      if (!sameAddress(from.address, server.address) || from.port !== server.port) return;
      const answer = question.answeredBy(packet);
      if (answer !== undefined) end(() => resolve(answer));
    });
    // Connected, so that the kernel reports a closed port and drops packets of others.
    socket.connect(server.port, server.address, () => socket.send(question.bytes));
  });
}

/** Whether two writings are of one address; IPv6 has several. */
function sameAddress(one: string, other: string): boolean {
  if (one === other) return true;
  const [first, second] = [parseIpv6(one), parseIpv6(other)];
  return first.ok && second.ok && first.value === second.value;
}
