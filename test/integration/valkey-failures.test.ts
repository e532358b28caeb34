/** What may happen to two real Valkey servers: partitions, hangs, hands, wrong configuration. */
import { execFile } from "node:child_process";
import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { connect, createServer, type Socket } from "node:net";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { systemClock } from "../../src/adapters/clock.ts";
import type { ValkeyAddress } from "../../src/adapters/valkey/valkey-options.ts";
import type { Clock } from "../../src/control/env.ts";
import { freePort } from "../../src/sandbox/servers/server-process.ts";
import { runningValkeys, type ValkeyPair, type ValkeySide } from "./valkey-pair.ts";

let pair: ValkeyPair;
const endings: (() => Promise<void>)[] = [];
beforeEach(async () => {
  pair = await runningValkeys();
});
afterEach(async () => {
  for (const end of endings.splice(0)) await end();
  await pair.close();
});

async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
  for (const endMs = performance.now() + 60_000; performance.now() < endMs; ) {
    if (await holds()) return;
    await systemClock.sleep(50);
  }
  throw new Error(`it did not come: ${what}`);
}

/** A way to a server that can be cut, or on which nothing arrives any more and nobody is told. */
async function wayTo(side: ValkeySide) {
  const sockets = new Set<Socket>();
  let isCut = false;
  const server = createServer((here) => {
    if (isCut) {
      here.destroy();
      return;
    }
    const there = connect(side.port, side.host);
    for (const [one, other] of [
      [here, there],
      [there, here],
    ] as const) {
      sockets.add(one);
      one.on("error", () => other.destroy());
      one.on("close", () => other.destroy());
      one.pipe(other);
    }
  });
  const port = await freePort(side.host);
  await new Promise<void>((resolve) => server.listen(port, side.host, resolve));
  const hold = (): void => {
    for (const one of sockets) one.unpipe().pause();
  };
  const cut = (): void => {
    isCut = true;
    for (const one of sockets) one.destroy();
  };
  endings.push(async () => {
    cut();
    await new Promise((resolve) => server.close(resolve));
  });
  const address: ValkeyAddress = {
    host: side.host,
    port,
    user: "default",
    readPassword: () => Promise.resolve(pair.password),
    tls: "off",
  };
  return { address, cut, hold };
}

/** The entries of a snapshot that was kept, by a server that is started with it. */
async function entriesOf(side: ValkeySide, file: string): Promise<unknown> {
  const port = await freePort(side.host);
  const dir = join(side.stateFolder, "kept");
  const args = ["--port", String(port), "--bind", side.host, "--dir", dir, "--dbfilename", file];
  const child = execFile(side.program, [...args, "--save", ""]);
  const answer = (): Promise<string> =>
    new Promise((resolve) => {
      const socket = connect(port, side.host, () => socket.write("SMEMBERS entries\r\n"));
      let text = "";
      socket.on("data", (part) => {
        text += String(part);
        if (text.startsWith("*")) socket.destroy();
      });
      socket.on("error", () => resolve(""));
      socket.on("close", () => resolve(text));
    });
  let text = "";
  try {
    await until("the snapshot is read", async () => {
      text = await answer();
      return text.startsWith("*");
    });
  } finally {
    child.kill("SIGKILL");
  }
  return text
    .split("\r\n")
    .filter((line) => /^\d+$/.test(line))
    .map(Number);
}

test("what was written on both sides of a cut link is kept by the side that follows, and the other's is what counts", async () => {
  const { a, b } = pair;
  await a.write(1);
  const way = await wayTo(a);
  const cutOff = b.again({ peer: way.address });
  await cutOff.follow();
  way.cut();
  expect(await a.write(100)).toBe("acknowledged");
  await until("the standby lets go of what it can not reach", async () => {
    await cutOff.tend();
    return !(await cutOff.look()).isFollowing;
  });
  expect((await cutOff.measure()).facts).toMatchObject({ role: "standby", ready: true });
  b.tenure = 3;
  await cutOff.promote(3);
  expect(await b.write(200)).toBe("acknowledged");
  a.tenure = null;
  await a.service.fence("the test says so");
  expect(await a.service.look()).toEqual({
    isFollowing: false,
    epochHere: 1,
    peer: { isWritable: true, epoch: 3 },
  });
  expect((await a.service.measure()).notReady.join()).toContain("does not follow it yet");
  await a.service.follow();
  expect(await a.ids()).toEqual([1, 200]);
  const [kept, ...others] = a.kept();
  expect(others).toEqual([]);
  expect(await entriesOf(a, kept ?? "")).toEqual(expect.arrayContaining([1, 100]));
  expect((await a.service.measure()).facts).toMatchObject({
    role: "standby",
    ready: true,
    lagMs: expect.any(Number),
  });
  await cutOff.close();
});

test("with TLS a side is promoted, followed and fenced as without it", async () => {
  const secure = await runningValkeys({ withTls: true });
  endings.push(secure.close);
  const { a, b } = secure;
  expect(await a.write(1)).toBe("acknowledged");
  await until("it arrives", async () => (await b.ids()).includes(1));
  await a.service.fence("the test says so");
  expect(await a.write(2)).toBe("refused");
});

test("a side that only lagged follows without keeping anything more", async () => {
  const { a, b } = pair;
  await b.die();
  expect(await a.write(1)).toBe("acknowledged");
  await b.service.tend();
  await b.service.follow();
  expect(await b.ids()).toEqual([1]);
  // After kill -9 nobody knows what was only there.
  const kept = b.kept();
  await b.ask("REPLICAOF", b.host, "0");
  expect(await a.write(2)).toBe("acknowledged");
  await b.service.follow();
  expect(await b.ids()).toEqual([1, 2]);
  expect(b.kept()).toEqual(kept);
});

test("a server that comes up empty does not empty its standby", async () => {
  const { a, b } = pair;
  expect(await a.write(1)).toBe("acknowledged");
  await until("it arrives", async () => (await b.ids()).length === 1);
  let waits = 0;
  // The standby's agent is slow, and looks at it only after it was waited for several times.
  const clock: Clock = {
    ...systemClock,
    async sleep(ms, signal) {
      if (ms === 100) {
        waits += 1;
        if (waits >= 5) await b.service.tend();
      }
      await systemClock.sleep(ms, signal);
    },
  };
  const patient = { fenceMs: 8_000, askMs: 20_000, letGoMs: 60_000, letGoMostMs: 60_000 };
  const keeper = a.again({ clock, limits: patient });
  endings.push(keeper.close);
  await keeper.promote(1);
  await a.die();
  for (const name of readdirSync(a.dataFolder)) {
    rmSync(join(a.dataFolder, name), { recursive: true });
  }
  await keeper.tend();
  expect(waits).toBeGreaterThanOrEqual(5);
  expect(await a.ids()).toEqual([]);
  expect(await b.ids()).toEqual([1]);
  await b.service.follow();
  expect(await b.ids()).toEqual([]);
  expect(await entriesOf(b, b.kept()[0] ?? "")).toEqual([1]);
});

test("a standby that was left behind says so also when the peer is gone and its agent is a new process", async () => {
  const { a, b } = pair;
  a.tenure = null;
  await a.service.fence("the test says so");
  b.tenure = 3;
  await b.service.promote(3);
  await a.service.look();
  await b.die();
  const next = a.again();
  endings.push(next.close);
  const { facts, notReady } = await next.measure();
  expect(facts).toMatchObject({ role: "writable", ready: false });
  expect(notReady.join()).toContain("does not follow it yet");
  await b.service.tend();
  await next.follow();
  expect((await a.again().measure()).notReady).toEqual([]);
});

test("a standby says for how long it heard nothing, although its link still looks up", async () => {
  const { a, b } = pair;
  const way = await wayTo(a);
  const standby = b.again({ peer: way.address });
  endings.push(standby.close);
  await b.ask("CONFIG", "SET", "repl-timeout", "3600");
  await standby.follow();
  const lagMs = async (): Promise<number> => (await standby.measure()).facts.lagMs ?? -1;
  const before = await lagMs();
  expect(before).toBeGreaterThanOrEqual(0);
  way.hold();
  await until("the age of what is known", async () => (await lagMs()) > before + 5_000);
  expect(String(await b.ask("INFO", "replication"))).toContain("master_link_status:up");
  expect(await a.ask("CONFIG", "GET", "repl-ping-replica-period")).toEqual([
    "repl-ping-replica-period",
    "1",
  ]);
});

test("a server that would refuse writes for its disk or its memory is not ready, and says why", async () => {
  const { a, b } = pair;
  const reasons = async (): Promise<string> => (await a.service.measure()).notReady.join();
  expect(await reasons()).toBe("");
  await a.ask("CONFIG", "SET", "maxmemory", "1");
  expect(await a.write(1)).toBe("refused");
  expect(await reasons()).toMatch(/would refuse writes: its memory is full/);
  await a.ask("CONFIG", "SET", "maxmemory", "0");
  // A snapshot can not take the name of a folder.
  rmSync(join(a.dataFolder, "dump.rdb"), { force: true });
  mkdirSync(join(a.dataFolder, "dump.rdb"));
  await a.ask("CONFIG", "SET", "save", "3600 1");
  await until("no snapshot is under way", () =>
    a.ask("BGSAVE").then(
      () => true,
      () => false,
    ),
  );
  await until("a snapshot that failed", async () => (await reasons()) !== "");
  expect(await reasons()).toMatch(/would refuse writes: its last snapshot/);
  expect(await a.write(1)).toBe("refused");
  await a.ask("CONFIG", "SET", "save", "");
  expect(await reasons()).toBe("");
  expect(await a.write(1)).toBe("acknowledged");
  await b.ask("CONFIG", "SET", "maxmemory", "1");
  expect((await b.service.measure()).notReady.join()).toMatch(/its memory is full/);
});

test("a server that hangs is fenced by its process", async () => {
  const { a } = pair;
  const pid = (await a.pid()) ?? 0;
  process.kill(pid, "SIGSTOP");
  a.tenure = null;
  await a.service.fence("the test says so");
  await a.service.tend();
  expect(await a.pid()).not.toBe(pid);
  expect(await a.write(1)).toBe("refused");
});

test("a server that somebody promoted by hand is fenced, and what was written there is kept", async () => {
  const { a, b } = pair;
  await b.ask("REPLICAOF", "NO", "ONE");
  expect(await b.write(7)).toBe("acknowledged");
  await b.service.tend();
  expect(await b.write(8)).toBe("refused");
  expect(await a.write(9)).toBe("acknowledged");
  await b.service.follow();
  expect(await b.ids()).toEqual([9]);
  expect(await entriesOf(b, b.kept()[0] ?? "")).toEqual([7]);
});

test("whoever starts the server starts it without the right to write", async () => {
  const { a } = pair;
  await a.die();
  await a.startByHand();
  await until("it answers", async () => (await a.ask("PING").catch(() => "")) === "PONG");
  expect(await a.write(1)).toBe("refused");
});

test("a configuration that opens the gate is found, and starts nothing", async () => {
  const { a } = pair;
  writeFileSync(a.configFile, `port ${a.port}\n`);
  expect((await a.service.measure()).notReady.join()).toContain("opens the gate");
  await a.die();
  await expect(a.service.tend()).rejects.toThrow(/opens the gate/);
  expect(await a.pid()).toBeNull();
});

test("an older epoch promotes nothing, and emptied data know their epoch again", async () => {
  const { a } = pair;
  a.tenure = 5;
  await a.service.promote(5);
  await a.ask("FLUSHALL");
  await a.service.tend();
  expect((await a.service.look()).epochHere).toBe(5);
  a.tenure = 4;
  await expect(a.service.promote(4)).rejects.toThrow(/epoch 5 already/);
});

test("with a wrong password nothing is promoted, and fencing needs none", async () => {
  const { a } = pair;
  const wrong = a.again({
    local: {
      host: a.host,
      port: a.port,
      user: "default",
      readPassword: () => Promise.resolve("not the password"),
      tls: "off",
    },
  });
  const { facts, notReady } = await wrong.measure();
  expect(facts).toMatchObject({ role: "unknown", position: null, ready: false });
  expect(notReady.join()).toMatch(/WRONGPASS/);
  await expect(wrong.promote(1)).rejects.toMatchObject({ code: "DataServiceUnreachable" });
  expect(await a.write(1)).toBe("acknowledged");
  await wrong.fence("the test says so");
  expect(await a.write(2)).toBe("refused");
  await wrong.close();
});

test("where there are no data nothing is promoted, and there is nothing to fence", async () => {
  const { a } = pair;
  const absent = a.again({ dataFolder: join(a.dataFolder, "nowhere") });
  // What takes writes at the address is not of these data.
  await expect(absent.fence("the test says so")).rejects.toMatchObject({ code: "FenceFailed" });
  expect((await absent.measure()).notReady.join()).toContain("could not be fenced");
  expect((await a.service.measure()).notReady).toEqual([]);
  await a.service.fence("the test says so");
  await absent.fence("the test says so");
  await expect(absent.promote(1)).rejects.toMatchObject({ code: "ConfigInvalid" });
  await expect(absent.tend()).rejects.toMatchObject({ code: "ConfigInvalid" });
  await absent.close();
});

test("a server that fell is promoted again until it serves, also when that failed once", async () => {
  const { a } = pair;
  await a.die();
  let looks = 0;
  a.beforeTenure = () => {
    looks += 1;
    // The look after the order.
    a.tenure = looks === 4 ? null : 1;
  };
  await expect(a.service.tend()).rejects.toMatchObject({ code: "PromotionRefused" });
  expect(looks).toBe(4);
  expect(await a.write(1)).toBe("refused");
  a.tenure = 1;
  await a.service.tend();
  expect(await a.write(1)).toBe("acknowledged");
});

// Before anything was ordered, and after it.
test.each([2, 4])(
  "a fence that comes with look %i of a promotion is not undone by it",
  async (at) => {
    const { a } = pair;
    await a.die();
    let looks = 0;
    let fencing: Promise<void> | undefined;
    a.beforeTenure = () => {
      looks += 1;
      if (looks === at) fencing = a.service.fence("the test says so");
    };
    await expect(a.service.tend()).rejects.toMatchObject({ code: "PromotionRefused" });
    await fencing;
    await a.service.tend();
    expect(await a.write(1)).toBe("refused");
  },
);
