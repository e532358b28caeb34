/** A small DNS client for tests, written apart from the product's own, so that the two check each other. */
import { createSocket } from "node:dgram";
import { decode, encode, type Packet, RECURSION_DESIRED } from "dns-packet";
import type { DnsClient, DnsEndpoint } from "../../src/control/env.ts";
import type { DnsAnswer } from "../../src/core/dns/model.ts";

const triesMax = 5;
const tryMs = 2_000;

/** One answer over UDP, asked again when it is lost. */
export const testDnsClient: DnsClient = {
  async query(server, name, type) {
    for (let attempt = 1; attempt <= triesMax; attempt++) {
      const packet = await exchange(server, name, type);
      if (packet !== undefined) return answerOf(packet);
    }
    throw new Error(`${server.address} did not answer ${type} ${name}`);
  },
};

function exchange(
  server: DnsEndpoint,
  name: string,
  type: string,
): Promise<(Packet & { rcode?: string }) | undefined> {
  const id = Math.floor(Math.random() * 65_536);
  const question = encode({
    type: "query",
    id,
    // Without it a recursor gives what it has, also what it knows to be bogus (4.8.8).
    flags: RECURSION_DESIRED,
    questions: [{ name, type: type as "A" }], // Types are strings on the wire of this library.
    additionals: [
      {
        type: "OPT",
        name: ".",
        udpPayloadSize: 4096,
        flags: 0,
        extendedRcode: 0,
        ednsVersion: 0,
        flag_do: false,
        options: [],
      },
    ],
  });
  return new Promise((resolve) => {
    const socket = createSocket("udp4");
    const end = (packet: Packet | undefined): void => {
      clearTimeout(timer);
      socket.close();
      resolve(packet);
    };
    const timer = setTimeout(() => end(undefined), tryMs);
    socket.once("error", () => end(undefined));
    socket.on("message", (data) => {
      const packet = decode(data);
      if (packet.id === id) end(packet);
    });
    socket.send(question, server.port, server.address);
  });
}

function answerOf(packet: Packet & { rcode?: string }): DnsAnswer {
  return {
    rcode: packet.rcode ?? "NOERROR",
    records: (packet.answers ?? []).flatMap((answer) => {
      if (!("ttl" in answer) || !("data" in answer)) return [];
      const raw: unknown = answer.data;
      const parts = Array.isArray(raw) ? raw : [raw];
      const data = parts.map((part: unknown) =>
        Buffer.isBuffer(part) ? part.toString() : String(part),
      );
      const { name, type } = answer;
      return [{ name, type, ttlSeconds: answer.ttl ?? 0, data: data.join("") }];
    }),
  };
}
