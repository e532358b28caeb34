/** The sandbox's network between real sockets: what is cut swallows, and goes on when it is open again. */
import { type ChildProcess, spawn } from "node:child_process";
import { createSocket, type Socket as DatagramSocket } from "node:dgram";
import { connect, createServer, type Server, type Socket } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { programFile } from "../../src/daemon/program-file.ts";
import { wayArgument } from "../../src/sandbox/apps/network-order.ts";
import { freePort, ownLoopback } from "../../src/sandbox/servers/server-process.ts";

const program = programFile("network");
const soon = { timeout: 30_000, interval: 50 };
const [outside, inside] = [ownLoopback(), ownLoopback()];
let network: ChildProcess;
let echo: Server;
let echoDatagrams: DatagramSocket;
const clients: Socket[] = [];
const from = { address: outside, port: 0 };

beforeAll(async () => {
  from.port = await freePort(outside);
  const to = { address: inside, port: await freePort(inside) };
  echo = createServer((socket) => {
    socket.on("error", () => socket.destroy());
    socket.pipe(socket);
  });
  await new Promise<void>((resolve) => echo.listen(to.port, to.address, resolve));
  echoDatagrams = createSocket("udp4");
  echoDatagrams.on("message", (text, { port, address }) => echoDatagrams.send(text, port, address));
  await new Promise<void>((resolve) => echoDatagrams.bind(to.port, to.address, resolve));
  const way = wayArgument({ name: "a/witness", from, to, datagrams: true });
  network = spawn(process.execPath, [program, way], {
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  });
  while (!(await isListening())) await pause(50);
});
afterAll(async () => {
  for (const client of clients) client.destroy();
  network.kill("SIGKILL");
  echoDatagrams.close();
  await new Promise((resolve) => echo.close(resolve));
});

function isListening(): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(from.port, from.address);
    socket.once("connect", () => resolve(true));
    socket.once("error", () => resolve(false));
    clients.push(socket);
  });
}

/** A connection, and all that came back on it. */
async function open(): Promise<{ readonly socket: Socket; readonly heard: () => string }> {
  let text = "";
  const socket = connect(from.port, from.address);
  clients.push(socket);
  socket.setEncoding("utf8").on("data", (part: string) => {
    text += part;
  });
  await new Promise((resolve) => socket.once("connect", resolve));
  return { socket, heard: () => text };
}

/** Whether a datagram comes back within a moment. */
function datagramReturns(waitMs: number): Promise<boolean> {
  const socket = createSocket("udp4");
  return new Promise((resolve) => {
    const end = (isBack: boolean): void => {
      clearTimeout(late);
      socket.close();
      resolve(isBack);
    };
    const late = setTimeout(() => end(false), waitMs);
    socket.once("message", () => end(true));
    socket.send("q", from.port, from.address);
  });
}

const order = (cut: readonly string[]): void => void network.send({ cut });

test("an open way carries connections and datagrams", async () => {
  const { socket, heard } = await open();
  socket.write("one");
  await expect.poll(heard, soon).toBe("one");
  await expect.poll(() => datagramReturns(1_000), soon).toBe(true);
});

test("a cut way accepts and carries nothing, and what was sent arrives when it is open again", async () => {
  const before = await open();
  before.socket.write("one");
  await expect.poll(before.heard, soon).toBe("one");
  order(["a/witness"]);
  await expect.poll(() => datagramReturns(2_000), soon).toBe(false);
  const meanwhile = await open();
  before.socket.write("two");
  meanwhile.socket.write("three");
  // Long enough for an answer on this machine, as the datagram that is answered shows.
  expect(await datagramReturns(2_000)).toBe(false);
  expect([before.heard(), meanwhile.heard()]).toEqual(["one", ""]);
  order([]);
  await expect.poll(before.heard, soon).toBe("onetwo");
  await expect.poll(meanwhile.heard, soon).toBe("three");
  await expect.poll(() => datagramReturns(1_000), soon).toBe(true);
});

test("whoever hung up while the way was cut is gone when it is open, and the way goes on", async () => {
  order(["a/witness"]);
  await expect.poll(() => datagramReturns(2_000), soon).toBe(false);
  const { socket } = await open();
  socket.destroy();
  order([]);
  const next = await open();
  next.socket.write("four");
  await expect.poll(next.heard, soon).toBe("four");
});
