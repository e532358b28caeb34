import { generateKeyPairSync, randomBytes } from "node:crypto";
import { createSocket } from "node:dgram";
import { connect } from "node:net";
import { decode, encode } from "dns-packet";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { heartbeatName, parseHeartbeat } from "../../core/failover/heartbeat-text.ts";
import { isSignedBy, publicHalf } from "./heartbeat-keys.ts";
import { type HeartbeatOptions, type HeartbeatServer, startHeartbeat } from "./heartbeat-server.ts";
import { relayOutbox } from "./relay-outbox.ts";

vi.setConfig({ testTimeout: 60_000 });

const [zone, region] = ["hb.sovereign.test", "hz-fsn-rtz-prod"];
const { privateKey } = generateKeyPairSync("ed25519");
const byte = (): number => 1 + Math.floor(Math.random() * 250);
let options: HeartbeatOptions;
let servers: HeartbeatServer[] = [];
beforeEach(() => {
  options = {
    // Nobody else listens there, so that a port that is free for UDP is so for TCP.
    address: `127.${byte()}.${byte()}.${byte()}`,
    port: 0,
    zone,
    region,
    group: "ledger",
    signingKey: privateKey,
    state: () => ({ epoch: 7, isActive: true }),
    outbox: relayOutbox(),
  };
});
afterEach(async () => {
  await Promise.all(servers.map((server) => server.close()));
  servers = [];
});

async function start(change: Partial<HeartbeatOptions> = {}): Promise<number> {
  const server = await startHeartbeat({ ...options, ...change });
  servers.push(server);
  return server.port;
}

const nameNow = (): string =>
  heartbeatName({ nonce: randomBytes(16).toString("hex"), region, zone });
const question = (name = nameNow()): Buffer =>
  encode({ type: "query", id: 5, questions: [{ name, type: "TXT" }] });

/** What comes back over UDP for questions that are sent at once: at least so many, and what else comes within a second after them. */
function askUdp(
  port: number,
  questions: readonly Buffer[],
  atLeast: number,
): Promise<readonly Buffer[]> {
  const socket = createSocket("udp4");
  const answers: Buffer[] = [];
  return new Promise((resolve) => {
    const end = (): void => {
      socket.close();
      resolve(answers);
    };
    let timer = setTimeout(end, atLeast > 0 ? 30_000 : 1_000);
    socket.on("message", (bytes) => {
      answers.push(bytes);
      if (answers.length < atLeast) return;
      clearTimeout(timer);
      timer = setTimeout(end, questions.length > atLeast ? 1_000 : 0);
    });
    for (const bytes of questions) socket.send(bytes, port, options.address);
  });
}

/** What comes back over one TCP connection until the server ends it, or after `untilBytes`. */
function askTcp(
  port: number,
  bytes: Buffer,
  untilBytes = Number.MAX_SAFE_INTEGER,
): Promise<Buffer> {
  return new Promise((resolve) => {
    const socket = connect(port, options.address, () => socket.write(bytes));
    let received = Buffer.alloc(0);
    socket.on("data", (part) => {
      received = Buffer.concat([received, part]);
      if (received.length >= untilBytes) socket.destroy();
    });
    socket.on("error", () => undefined);
    socket.on("close", () => resolve(received));
  });
}

function framed(bytes: Buffer): Buffer {
  const head = Buffer.alloc(2);
  head.writeUInt16BE(bytes.length);
  return Buffer.concat([head, bytes]);
}

test("a port that is in use is told by its address, also when only TCP's is", async () => {
  const port = await start();
  await expect(startHeartbeat({ ...options, port })).rejects.toMatchObject({
    code: "AddressTaken",
    message: `the heartbeat can not listen on ${options.address} port ${port} (EADDRINUSE)`,
  });
  await expect(startHeartbeat({ ...options, address: "192.0.2.1" })).rejects.toMatchObject({
    code: "ConfigInvalid",
  });
  const [only] = servers.splice(0);
  await only?.close();
  await start({ port });
});

test("an answer is signed for its question, by the state of the moment in which it was asked", async () => {
  let epoch = 7;
  const port = await start({ state: () => ({ epoch: epoch++, isActive: epoch > 8 }) });
  for (const expected of [
    { epoch: 7, isActive: false },
    { epoch: 8, isActive: true },
  ]) {
    const name = nameNow();
    const [answer = Buffer.alloc(0)] = await askUdp(port, [question(name)], 1);
    const [record] = decode(answer).answers ?? [];
    const text = record?.type === "TXT" && Array.isArray(record.data) ? record.data.join("") : "";
    const sealed = parseHeartbeat(name, text);
    expect(sealed).toMatchObject({ ok: true, value: { heartbeat: expected } });
    if (!sealed.ok) return;
    const { signedText, signature } = sealed.value;
    expect(isSignedBy(signedText, signature, publicHalf(privateKey))).toBe(true);
    const other = signedText.replace(name, nameNow());
    expect(isSignedBy(other, signature, publicHalf(privateKey))).toBe(false);
  }
});

test("who asks too much gets short answers or none, and is still answered over TCP", async () => {
  const rate = { perSecond: 1, burst: 5, networksMax: 10 };
  const port = await start({ rate });
  const answers = await askUdp(
    port,
    Array.from({ length: 40 }, () => question()),
    15,
  );
  const whole = answers.filter((bytes) => (decode(bytes).answers ?? []).length > 0);
  const brief = answers.filter((bytes) => decode(bytes).flag_tc);
  expect(whole.length).toBeGreaterThanOrEqual(5);
  expect(whole.length + brief.length).toBe(answers.length);
  expect(answers.length).toBeLessThan(40);
  for (const bytes of brief) expect(bytes.length).toBe(question().length);
  const overTcp = await askTcp(port, framed(question()), 2);
  expect(decode(overTcp.subarray(2)).answers).toHaveLength(1);
});

test("a connection takes a few questions, in whatever parts they come, and then ends", async () => {
  const port = await start();
  const one = framed(question());
  const [answer] = [await askTcp(port, one, 2)];
  expect(decode(answer.subarray(2)).answers).toHaveLength(1);
  const many = await askTcp(port, Buffer.concat(Array.from({ length: 20 }, () => one)));
  expect(many.length).toBe(16 * answer.length);
});

test.each([
  ["says that more comes than any question has", Buffer.from([0xff, 0xff])],
  ["sends an answer", framed(Buffer.concat([Buffer.from([0, 5, 0x80, 0]), Buffer.alloc(8)]))],
  ["begins a question and is silent", Buffer.from([0, 40, 1])],
])("a connection that %s is ended without an answer", async (_what, bytes) => {
  const port = await start();
  expect((await askTcp(port, bytes)).length).toBe(0);
});

test("what goes wrong with one question is told, and the next one is answered", async () => {
  const told: string[] = [];
  let times = 0;
  const port = await start({
    onFailure: ({ message }) => told.push(message),
    state: () => {
      if (times++ === 0) throw new Error("not now");
      return { epoch: 7, isActive: false };
    },
  });
  expect(await askUdp(port, [question()], 0)).toEqual([]);
  expect(await askUdp(port, [question()], 1)).toHaveLength(1);
  expect(told).toEqual(["not now"]);
});
