/**
 * A sandbox between network namespaces, on real servers: one direction is cut, users are cut off, it is killed, and nothing is left on the
 * machine. Only root may have it; elsewhere what is tested is that it is refused.
 */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { missingRights, namespacesRefusal } from "../../src/sandbox/choose-network.ts";
import { sandboxRequest } from "../../src/sandbox/connection.ts";
import { machineLink } from "../../src/sandbox/namespace-plan.ts";
import { requireProgram } from "../../src/sandbox/programs.ts";
import type { Fault } from "../../src/sandbox/protocol.ts";
import { cli, type SandboxWorld, sandboxWorld, soon } from "./sandbox-world.ts";

const region = "hz-fsn-rtz-prod";
const hasRights = missingRights(readFileSync("/proc/self/status", "utf8")).length === 0;
const mayHave = (await namespacesRefusal(process.env)) === undefined;
const [ip, nsenter] = (["ip", "nsenter"] as const).map((name) => requireProgram(name, process.env));
let world: SandboxWorld;
const started: ChildProcess[] = [];

beforeAll(async () => {
  world = await sandboxWorld({ open: false });
});
afterAll(async () => {
  for (const child of started) child.kill("SIGKILL");
  await world.remove();
});

test("without the rights it is refused with the remedy, and nothing is made", () => {
  const setpriv = requireProgram("setpriv", process.env);
  const refused = spawnSync(
    setpriv,
    [
      ...(hasRights ? ["--bounding-set", "-net_admin,-sys_admin"] : []),
      ...["--", process.execPath, cli, "up", "--detach", "--network", "namespaces"],
      ...["--base", world.base, "--state", world.state],
    ],
    { encoding: "utf8" },
  );
  expect(refused.stderr).toContain("CAP_NET_ADMIN");
  expect(refused.stderr).toContain("--network proxy");
  expect(refused.status).toBe(2);
  expect(readdirSync(world.state)).toEqual([]);
});

/** All that the machine's own network is set to, but for links of sandboxes: another one may come or go. */
function machine(): string {
  const say = (...args: string[]) => spawnSync(ip ?? "", args, { encoding: "utf8" }).stdout;
  const lines = [say("rule"), say("route", "show", "table", "all"), say("-brief", "address")];
  const settings = ["ip_forward", "conf/all/route_localnet", "conf/all/rp_filter"].map((name) =>
    readFileSync(join("/proc/sys/net/ipv4", name), "utf8"),
  );
  const others = lines
    .join("")
    .split("\n")
    .filter((line) => !/\bsovereign[0-9]+\b/.test(line));
  // Some say how long they still live.
  return [...others, ...settings].join("\n").replaceAll(/ expires [0-9]+sec/g, "");
}

/** Sends on a connection what it reads, and says what it hears there and in datagrams. */
const talker = `
const [mode, here, there] = process.argv.slice(1);
const say = (...words) => console.log(...words);
const hear = (socket) => socket.setEncoding("utf8").on("data", (text) => {
  say("heard", text);
  if (mode === "serve") socket.write(text);
}).on("error", (thrown) => say("error", thrown.code)).on("close", () => say("closed"));
const datagrams = require("dgram").createSocket("udp4");
datagrams.on("message", (text) => say("datagram", String(text)));
datagrams.bind(9901, here);
if (mode === "serve") require("net").createServer(hear).listen(9900, here, () => say("listens"));
const socket = mode === "serve" ? undefined : require("net").connect(9900, there, () => say("connected"));
if (socket !== undefined) hear(socket);
process.stdin.setEncoding("utf8").on("data", (text) => {
  if (socket === undefined) datagrams.send(text.trim(), 9901, there);
  else socket.write(text.trim());
}).on("end", () => process.exit(0));
`;

/** A talker in the namespace of a process. */
function talk(pid: number, ...args: readonly string[]) {
  const enter = ["--target", String(pid), "--net", "--"];
  const child = spawn(nsenter ?? "", [...enter, process.execPath, "-e", talker, ...args], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  started.push(child);
  let said = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    said += text;
  });
  return { say: (text: string) => void child.stdin.write(`${text}\n`), said: () => said };
}

function asRoot(): void {
  let before = "";
  /** The namespaces of all its processes. */
  let spaces: ReadonlySet<string> = new Set();
  const own = readlinkSync("/proc/self/ns/net");
  const spaceOf = (pid: number | string): string => {
    try {
      return readlinkSync(`/proc/${pid}/ns/net`);
    } catch {
      return ""; // It has ended.
    }
  };
  const status = () => sandboxRequest(world.layout, { command: "status" });
  const order = (fault: Fault, where = region) =>
    sandboxRequest(world.layout, { command: "break", region: where, fault, hold: "restore" });
  const restore = () => sandboxRequest(world.layout, { command: "restore", region });

  beforeAll(async () => {
    before = machine();
    const up = world.up("--network", "namespaces");
    expect(up.stderr + up.stdout).toContain("network namespaces");
    expect(up.status).toBe(0);
    const { regions, shared } = await status();
    const processes = [...shared, ...regions.flatMap((one) => one.processes)];
    spaces = new Set(processes.map(({ pid }) => spaceOf(pid ?? 0)));
  }, 330_000);

  test("each region and what is outside of both has a network of its own, and users reach the names", async () => {
    expect(await status()).toMatchObject({ network: "namespaces", ready: true });
    expect(spaces.size).toBe(3);
    expect([...spaces]).not.toContain(own);
    await expect.poll(() => world.answers("web"), soon).toContain(`${world.base}.1.80`);
    expect(machine()).toBe(before);
  });

  test("its addresses are refused to another sandbox, and whose they are is said", () => {
    const other = spawnSync(
      process.execPath,
      [cli, "up", "--plain", "--base", world.base, "--state", `${world.state}/run/other`],
      { encoding: "utf8" },
    );
    expect(other.stderr).toContain("--network namespaces");
    expect(other.status).toBe(16);
  });

  test("what a region sends is lost while it hears the others, and its connections go on afterwards", async () => {
    const { regions } = await status();
    const pidOf = (index: number): number =>
      regions[index]?.processes.find(({ name }) => name === "agent")?.pid ?? 0;
    const [here, there] = [`${world.base}.1.90`, `${world.base}.2.90`];
    const peer = talk(pidOf(1), "serve", there, here);
    await expect.poll(peer.said, soon).toContain("listens");
    const mine = talk(pidOf(0), "connect", here, there);
    await expect.poll(mine.said, soon).toContain("connected");
    mine.say("one");
    await expect.poll(mine.said, soon).toContain("heard one");
    await order("send-cut");
    mine.say("two");
    const hears = (): boolean => {
      peer.say("still there");
      return mine.said().includes("datagram still there");
    };
    await expect.poll(hears, soon).toBe(true);
    // Nobody was told anything: no end, no error, and nothing that was sent.
    expect(peer.said()).not.toMatch(/two|error|closed/);
    expect(mine.said()).not.toMatch(/error|closed/);
    await restore();
    await expect.poll(mine.said, soon).toContain("heard two");
  });

  test("a region that is cut off is silent to users, and still seen by those who watch it", async () => {
    const { loadBalancer, agent } = world.layout.regions[0] ?? {};
    const reach = (host: string | undefined, port: number | undefined): Promise<string> =>
      fetch(`http://${host}:${port}/healthz`, { signal: AbortSignal.timeout(2_000) }).then(
        ({ status: code }) => String(code),
        (thrown: Error) => thrown.name,
      );
    const byUser = () => reach(loadBalancer?.ipv4, loadBalancer?.port);
    await expect.poll(byUser, soon).toBe("200");
    await order("all-cut");
    expect(await byUser()).toBe("TimeoutError");
    await expect.poll(() => reach(agent?.health.address, agent?.health.port), soon).toBe("200");
    await restore();
    await expect.poll(byUser, soon).toBe("200");
  });

  test("killed with kill -9 while one region is cut and the other frozen, it leaves no process, no namespace, no link and no rule", async () => {
    await order("all-cut");
    await order("hang", "hz-hel-rtz-prod");
    for (const child of started.splice(0)) child.kill("SIGKILL");
    await world.signalSupervisor("SIGKILL");
    await expect.poll(world.processes, soon).toEqual([]);
    const within = () =>
      readdirSync("/proc").filter((name) => /^[0-9]+$/.test(name) && spaces.has(spaceOf(name)));
    await expect.poll(within, soon).toEqual([]);
    // The machine's end of a link goes with the namespace that has the other one.
    const link = join("/sys/class/net", machineLink(world.base));
    await expect.poll(() => existsSync(link), soon).toBe(false);
    expect(machine()).toBe(before);
  });
}

if (mayHave) describe("as root", asRoot);
