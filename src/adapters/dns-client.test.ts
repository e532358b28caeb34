/** The DNS client against a small server that lies, keeps silent, cuts short and refuses. */
import { randomInt } from "node:crypto";
import { createSocket, type RemoteInfo } from "node:dgram";
import { createServer, type Socket } from "node:net";
import {
  type Answer,
  type DecodedPacket,
  decode,
  encode,
  RECURSION_DESIRED,
  streamEncode,
  TRUNCATED_RESPONSE,
} from "dns-packet";
import { afterEach, describe, expect, test, vi } from "vitest";
import { makeAbort } from "../control/abort.ts";
import type { DnsEndpoint } from "../control/env.ts";
import { Failure } from "../core/kernel/failure.ts";
import { udpDnsClient } from "./dns-client.ts";

type Asked = { readonly query: DecodedPacket; readonly from: RemoteInfo };
type Handler = (asked: Asked, reply: (packet: Buffer) => void) => void;

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

const patient = udpDnsClient({ timeoutMs: 30_000 });
const hasty = udpDnsClient({ timeoutMs: 1_000 });

/** A loopback address of this file's own: on 127.0.0.1 the TCP port beside a free UDP port may be anybody's. */
const home = `127.${100 + randomInt(100)}.${randomInt(256)}.${1 + randomInt(254)}`;

async function udpServer(handle: Handler, port = 0, address = home): Promise<DnsEndpoint> {
  const socket = createSocket(address.includes(":") ? "udp6" : "udp4");
  socket.on("message", (packet, from) =>
    handle({ query: decode(packet), from }, (reply) => socket.send(reply, from.port, from.address)),
  );
  await new Promise<void>((resolve, reject) => {
    socket.once("error", reject);
    socket.bind(port, address, resolve);
  });
  closers.push(() => new Promise((resolve) => socket.close(() => resolve())));
  return { address, port: socket.address().port };
}

async function tcpServer(port: number, handle: (query: Buffer, socket: Socket) => void) {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    socket.once("data", (packet) => handle(packet.subarray(2), socket));
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, home, resolve);
  });
  closers.push(() => {
    for (const socket of sockets) socket.destroy();
    return new Promise((resolve) => server.close(() => resolve()));
  });
}

const answerTo = (query: DecodedPacket, answers: Answer[], flags = 0, id = query.id ?? 0) => ({
  type: "response" as const,
  id,
  flags,
  questions: query.questions ?? [],
  answers,
});
const addressRecord = (data: string): Answer => ({ type: "A", name: "shop.example", ttl: 5, data });

async function failureOf(promise: Promise<unknown>): Promise<Failure> {
  const thrown = await promise.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (!(thrown instanceof Failure)) expect.fail(`expected a Failure, got ${String(thrown)}`);
  return thrown;
}

describe("a query fails", () => {
  test("with TimedOut when nobody answers, after asking once more with another id and port", async () => {
    const asked: Asked[] = [];
    const server = await udpServer((one) => void asked.push(one));
    const failure = await failureOf(hasty.query(server, "shop.example", "A"));
    expect(failure.code).toBe("TimedOut");
    expect(failure.message).toBe("no answer within 1000 ms");
    expect(failure.where).toBe(`shop.example A at ${home} port ${server.port}`);
    await vi.waitFor(() => expect(asked).toHaveLength(2), 10_000);
    expect(new Set(asked.map(({ from }) => from.port)).size).toBe(2);
  });

  test("with NameServerUnreachable when nobody listens", async () => {
    const server = await udpServer(() => {});
    for (const close of closers.splice(0)) await close();
    expect((await failureOf(patient.query(server, "shop.example", "A"))).code).toBe(
      "NameServerUnreachable",
    );
  });

  test("with Cancelled when the signal is given, before or meanwhile", async () => {
    const server = await udpServer(() => abort.abort());
    const abort = makeAbort();
    const during = patient.query(server, "shop.example", "A", abort.signal);
    expect((await failureOf(during)).code).toBe("Cancelled");
    const after = patient.query(server, "shop.example", "A", abort.signal);
    expect((await failureOf(after)).code).toBe("Cancelled");
  });

  test.each([
    ["a label of 64 bytes", `${"a".repeat(64)}.example`, "A"],
    ["300 characters", Array.from({ length: 60 }, () => "abcd").join("."), "A"],
    ["an empty label", "shop..example", "A"],
    ["a type that nobody has", "shop.example", "LUA"],
  ])("with NameInvalid for %s", async (_what, name, type) => {
    const nowhere = { address: "127.0.0.1", port: 9 };
    expect((await failureOf(patient.query(nowhere, name, type))).code).toBe("NameInvalid");
  });

  test("with NameServerUnreachable when the answer is cut short and TCP is refused", async () => {
    const server = await udpServer(({ query }, reply) =>
      reply(encode(answerTo(query, [], TRUNCATED_RESPONSE))),
    );
    const failure = await failureOf(patient.query(server, "shop.example", "A"));
    expect(failure.code).toBe("NameServerUnreachable");
    expect(failure.message).toContain("ECONNREFUSED");
  });

  test.each([
    ["ends before the answer", (_query: Buffer, socket: Socket) => void socket.end("\0")],
    [
      "carries the answer to something else",
      (query: Buffer, socket: Socket) => {
        const asked = decode(query);
        socket.end(streamEncode(answerTo(asked, [], 0, ((asked.id ?? 0) + 1) % 65_536)));
      },
    ],
  ])("with NameServerUnreachable when the TCP connection %s", async (_what, handle) => {
    const server = await udpServer(({ query }, reply) =>
      reply(encode(answerTo(query, [], TRUNCATED_RESPONSE))),
    );
    await tcpServer(server.port, handle);
    const failure = await failureOf(patient.query(server, "shop.example", "A"));
    expect(failure.code).toBe("NameServerUnreachable");
  });

  test("with TimedOut when TCP is silent after a cut answer", async () => {
    const server = await udpServer(({ query }, reply) =>
      reply(encode(answerTo(query, [], TRUNCATED_RESPONSE))),
    );
    await tcpServer(server.port, () => {});
    expect((await failureOf(hasty.query(server, "shop.example", "A"))).code).toBe("TimedOut");
  });
});

describe("what is no answer is not listened to", () => {
  const right = (query: DecodedPacket) => encode(answerTo(query, [addressRecord("192.0.2.1")]));
  const wrongId = (query: DecodedPacket) =>
    encode(answerTo(query, [addressRecord("192.0.2.66")], 0, ((query.id ?? 0) + 1) % 65_536));
  const wrongName = (query: DecodedPacket) =>
    encode({ ...answerTo(query, []), questions: [{ type: "A", name: "other.example" }] });
  const wrongType = (query: DecodedPacket) =>
    encode({ ...answerTo(query, []), questions: [{ type: "TXT", name: "shop.example" }] });
  const echo = (query: DecodedPacket) =>
    encode({ type: "query", id: query.id ?? 0, questions: query.questions ?? [] });
  test.each([
    ["another id", wrongId],
    ["another name", wrongName],
    ["another type", wrongType],
    ["the question sent back", echo],
    ["no DNS at all", () => Buffer.from("hello")],
    ["an empty packet", () => Buffer.alloc(0)],
  ])("%s", async (_what, wrong) => {
    const server = await udpServer(({ query }, reply) => {
      reply(wrong(query));
      reply(right(query));
    });
    const answer = await patient.query(server, "shop.example", "A");
    expect(answer.records.map(({ data }) => data)).toEqual(["192.0.2.1"]);
  });

  test("a right answer from another address", async () => {
    const liar = createSocket("udp4");
    await new Promise<void>((resolve) => liar.bind(0, "127.0.0.2", resolve));
    closers.push(() => new Promise((resolve) => liar.close(() => resolve())));
    const server = await udpServer(({ query, from }, reply) => {
      const lie = encode(answerTo(query, [addressRecord("192.0.2.66")]));
      liar.send(lie, from.port, from.address, () => reply(right(query)));
    });
    const answer = await patient.query(server, "shop.example", "A");
    expect(answer.records.map(({ data }) => data)).toEqual(["192.0.2.1"]);
  });
});

describe("an answer", () => {
  test("names its code, also without records", async () => {
    const server = await udpServer(({ query }, reply) => reply(encode(answerTo(query, [], 3))));
    expect(await patient.query(server, "shop.example", "A")).toEqual({
      rcode: "NXDOMAIN",
      records: [],
    });
  });

  test("has names in lower case with a dot, addresses in canonical writing, texts joined", async () => {
    const name = "Shop.Example";
    const answers: Answer[] = [
      { type: "CNAME", name, ttl: 5, data: "Other.Example" },
      { type: "A", name, ttl: 5, data: "127.1.2.3" },
      { type: "AAAA", name, ttl: 6, data: "::ffff:127.1.2.3" },
      { type: "AAAA", name, ttl: 6, data: "2001:DB8:0:0:0:0:0:1" },
      { type: "TXT", name, ttl: 7, data: ["one ", "text"] },
      { type: "MX", name, ttl: 8, data: { preference: 10, exchange: "Mail.example" } },
      {
        type: "SRV",
        name,
        ttl: 8,
        data: { port: 53, target: "ns.example", priority: 1, weight: 2 },
      },
    ];
    const server = await udpServer(({ query }, reply) => reply(encode(answerTo(query, answers))));
    const { rcode, records } = await patient.query(server, "sHoP.example.", "A");
    expect(rcode).toBe("NOERROR");
    expect(records.map(({ type, ttlSeconds, data }) => [type, ttlSeconds, data])).toEqual([
      ["CNAME", 5, "other.example."],
      ["A", 5, "127.1.2.3"],
      ["AAAA", 6, "::ffff:127.1.2.3"],
      ["AAAA", 6, "2001:db8::1"],
      ["TXT", 7, "one text"],
      ["MX", 8, "10 mail.example."],
      ["SRV", 8, "1 2 53 ns.example."],
    ]);
    expect(new Set(records.map((record) => record.name))).toEqual(new Set(["shop.example."]));
  });

  test("that was cut short comes over TCP, however it is divided", async () => {
    const asked: DecodedPacket[] = [];
    const server = await udpServer(({ query }, reply) =>
      reply(encode(answerTo(query, [], TRUNCATED_RESPONSE))),
    );
    const many = Array.from({ length: 200 }, (_, i) => addressRecord(`192.0.2.${i}`));
    await tcpServer(server.port, (query, socket) => {
      asked.push(decode(query));
      const whole = streamEncode(answerTo(decode(query), many));
      socket.write(whole.subarray(0, 1));
      setImmediate(() => {
        socket.write(whole.subarray(1, 700));
        setImmediate(() => socket.end(whole.subarray(700)));
      });
    });
    const answer = await patient.query(server, "shop.example", "A");
    expect(answer.records).toHaveLength(200);
    expect(asked[0]?.flags).toBe(RECURSION_DESIRED);
  });

  test("is asked for in the name of a subnet, cut to its prefix, and without EDNS otherwise", async () => {
    const asked: Asked[] = [];
    const server = await udpServer((one, reply) => {
      asked.push(one);
      reply(encode(answerTo(one.query, [])));
    });
    const from = (ecs: string) => udpDnsClient({ timeoutMs: 30_000, ecs });
    await from("80.81.82.83/20").query(server, "shop.example", "A");
    await from("2001:db8:1:2::3/56").query(server, "shop.example", "A");
    await patient.query(server, "shop.example", "A");
    const [v4, v6, plain] = asked.map(({ query }) => query.additionals ?? []);
    expect(v4).toMatchObject([{ options: [{ ip: "80.81.80.0", sourcePrefixLength: 20 }] }]);
    expect(v6).toMatchObject([{ options: [{ ip: "2001:db8:1::", sourcePrefixLength: 56 }] }]);
    expect(plain).toEqual([]);
    const failure = await failureOf(from("home").query(server, "shop.example", "A"));
    expect(failure.code).toBe("NameInvalid");
  });

  test("comes at the second attempt when the first packet was lost", async () => {
    let packets = 0;
    const client = udpDnsClient({ timeoutMs: 4_000 });
    const server = await udpServer(({ query }, reply) => {
      packets += 1;
      if (packets > 1) reply(encode(answerTo(query, [addressRecord("192.0.2.1")])));
    });
    expect((await client.query(server, "shop.example", "A")).records).toHaveLength(1);
  });

  test("comes over IPv6, whatever the writing of the server's address", async () => {
    const { port } = await udpServer(
      ({ query }, reply) => reply(encode(answerTo(query, [addressRecord("192.0.2.1")]))),
      0,
      "::ffff:127.0.0.1",
    );
    const server = { address: "::FFFF:7f00:1", port };
    expect((await patient.query(server, "shop.example", "A")).records).toHaveLength(1);
  });
});
