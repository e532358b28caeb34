/** One question over one TCP connection, each message behind its length in two bytes (RFC 1035 §4.2.2). */
import { connect } from "node:net";
import type { DecodedPacket } from "dns-packet";
import type { DnsEndpoint } from "../../control/env.ts";
import type { Question } from "./question.ts";

/** The answer; rejects when the connection fails, ends early, holds something else, or the signal is given. */
export function askOverTcp(
  server: DnsEndpoint,
  question: Question,
  signal: AbortSignal,
): Promise<DecodedPacket> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const socket = connect({ host: server.address, port: server.port });
    let received = Buffer.alloc(0);
    const end = (settle: () => void): void => {
      signal.removeEventListener("abort", stop);
      socket.destroy();
      settle();
    };
    const fail = (message: string) => (): void => end(() => reject(new Error(message)));
    const stop = fail("stopped");
    signal.addEventListener("abort", stop, { once: true });
    socket.on("error", (error) => end(() => reject(error)));
    socket.on("close", fail("the connection ended before the answer"));
    socket.on("connect", () => {
      const length = Buffer.alloc(2);
      length.writeUInt16BE(question.bytes.length);
      socket.write(Buffer.concat([length, question.bytes]));
    });
    socket.on("data", (part) => {
      received = Buffer.concat([received, part]);
      if (received.length < 2 || received.length < 2 + received.readUInt16BE(0)) return;
      const answer = question.answeredBy(received.subarray(2, 2 + received.readUInt16BE(0)));
      if (answer === undefined) fail("the answer is not to this question")();
      else end(() => resolve(answer));
    });
  });
}
