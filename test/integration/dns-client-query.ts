/**
 * Questions of many clients: with a client's subnet (EDNS Client Subnet, RFC 7871) or from an address of one's own, many
 * at a time over one socket, asked again when they are lost.
 */
import { createSocket, type Socket } from "node:dgram";
import { decode, encode } from "dns-packet";
import type { DnsEndpoint } from "../../src/control/env.ts";

export type ClientQuestion = {
  readonly name: string;
  readonly type: "A" | "AAAA" | "TXT";
  /** `203.0.113.0/24`; without it the server sees the address that the question comes from. */
  readonly subnet?: string;
};

export type ClientAnswer = {
  readonly rcode: string;
  /** Addresses and texts, sorted; IPv4-mapped addresses with their dotted quad. */
  readonly data: readonly string[];
  readonly ttls: readonly number[];
};

const windowMax = 64;
const tryMs = 2_000;
const triesMax = 8;

/** The answers in the order of the questions; `source` is the local address to ask from. */
export async function askAll(
  server: DnsEndpoint,
  questions: readonly ClientQuestion[],
  source?: string,
): Promise<readonly ClientAnswer[]> {
  const socket = createSocket({ type: "udp4", recvBufferSize: 1 << 20 });
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once("error", reject);
      socket.bind(0, source, resolve);
    });
    const waiting = new Map<number, (answer: ClientAnswer) => void>();
    socket.on("message", (data) => {
      const packet = decode(data);
      const take = waiting.get(packet.id ?? -1);
      if (take === undefined) return;
      const answers = (packet.answers ?? []).filter((one) => "data" in one && "ttl" in one);
      take({
        rcode: (packet as { rcode?: string }).rcode ?? "NOERROR", // Decoding always gives it.
        data: answers.map((one) => dotted(textOf("data" in one ? one.data : ""))).sort(),
        ttls: answers.map((one) => ("ttl" in one ? (one.ttl ?? 0) : 0)),
      });
    });
    const answers: ClientAnswer[] = [];
    let next = 0;
    const worker = async (): Promise<void> => {
      for (let index = next++; index < questions.length; index = next++) {
        const question = questions[index];
        if (question !== undefined) answers[index] = await ask(socket, server, question, waiting);
      }
    };
    await Promise.all(Array.from({ length: windowMax }, worker));
    return answers;
  } finally {
    socket.close();
  }
}

/** One answer. */
export async function askOne(
  server: DnsEndpoint,
  question: ClientQuestion,
  source?: string,
): Promise<ClientAnswer> {
  const [answer] = await askAll(server, [question], source);
  if (answer === undefined) throw new Error("a question has an answer");
  return answer;
}

let lastId = 0;

async function ask(
  socket: Socket,
  server: DnsEndpoint,
  question: ClientQuestion,
  waiting: Map<number, (answer: ClientAnswer) => void>,
): Promise<ClientAnswer> {
  for (let attempt = 1; attempt <= triesMax; attempt++) {
    lastId = (lastId + 1) % 65_536;
    const id = lastId;
    const answer = await new Promise<ClientAnswer | undefined>((resolve) => {
      const timer = setTimeout(() => resolve(undefined), tryMs);
      waiting.set(id, (given) => {
        clearTimeout(timer);
        resolve(given);
      });
      socket.send(bytesOf(id, question), server.port, server.address);
    });
    waiting.delete(id);
    if (answer !== undefined) return answer;
  }
  throw new Error(`${server.address} did not answer ${question.type} ${question.name}`);
}

function bytesOf(id: number, { name, type, subnet }: ClientQuestion): Buffer {
  const [ip = "", prefix = "32"] = (subnet ?? "").split("/");
  return encode({
    type: "query",
    id,
    questions: [{ name, type }],
    additionals: [
      {
        type: "OPT",
        name: ".",
        udpPayloadSize: 4096,
        flags: 0,
        extendedRcode: 0,
        ednsVersion: 0,
        flag_do: false,
        // 8 is CLIENT_SUBNET.
        options: subnet === undefined ? [] : [{ code: 8, ip, sourcePrefixLength: Number(prefix) }],
      },
    ],
  });
}

function textOf(data: unknown): string {
  const parts: readonly unknown[] = Array.isArray(data) ? data : [data];
  return parts.map((part) => (Buffer.isBuffer(part) ? part.toString() : String(part))).join("");
}

/** An IPv4-mapped address with its dotted quad, as the backends are called. */
function dotted(address: string): string {
  const [, high, low] = /^::ffff:([0-9a-f]+):([0-9a-f]+)$/.exec(address) ?? [];
  if (high === undefined || low === undefined) return address;
  const [h, l] = [Number.parseInt(high, 16), Number.parseInt(low, 16)];
  return `::ffff:${h >> 8}.${h & 255}.${l >> 8}.${l & 255}`;
}
