/** What may happen to two real Valkey servers: partitions, hangs, hands, wrong configuration; and the watchdog's program for them. */
import { execFile } from "node:child_process";
import { readdirSync, rmSync, writeFileSync } from "node:fs";
import { connect, createServer, type Socket } from "node:net";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { systemClock } from "../../src/adapters/clock.ts";
import type { ValkeyAddress } from "../../src/adapters/valkey/valkey-options.ts";
import type { Clock } from "../../src/control/env.ts";
import { programFile } from "../../src/daemon/program-file.ts";
import { freePort } from "../../src/sandbox/servers/server-process.ts";
import { runningValkeys, type ValkeyPair, type ValkeySide } from "./valkey-pair.ts";

const program = programFile("valkey-fence");

let pair: ValkeyPair;
const endings: (() => Promise<void>)[] = [];
beforeEach(async () => {
  pair = await runningValkeys();
});
afterEach(async () => {
  for (const end of endings.splice(0)) await end();
  await pair.close();
});

/** Ends with this code. */
function fenceProgram(side: ValkeySide, mode: string, more: readonly string[] = []) {
  const server = ["--server", `${side.host}:${side.port}`, "--password", side.passwordFile];
  const args = [program, "--data", side.dataFolder, ...server, "--mode", mode, ...more];
  return new Promise<number>((resolve) => {
    const child = execFile(process.execPath, args, () => resolve(child.exitCode ?? -1));
  });
}

async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
  for (const endMs = performance.now() + 60_000; performance.now() < endMs; ) {
    if (await holds()) return;
    await systemClock.sleep(50);
  }
  throw new Error(`it did not come: ${what}`);
}

/** A way to a server that can be cut. */
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
  return { address, cut };
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
    lagMs: 0,
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
  const letGo = async (): Promise<void> => {
    waits += 1;
    await until("the standby lets go", async () => {
      await b.service.tend();
      return !(await b.service.look()).isFollowing;
    });
  };
  // What it waits for is done while it waits, however fast this machine is.
  const clock: Clock = {
    ...systemClock,
    sleep: (ms, signal) => (ms === 3_000 ? letGo() : systemClock.sleep(ms, signal)),
  };
  const keeper = a.again({ clock });
  endings.push(keeper.close);
  await keeper.promote(1);
  await a.die();
  for (const name of readdirSync(a.dataFolder)) {
    rmSync(join(a.dataFolder, name), { recursive: true });
  }
  await keeper.tend();
  expect(waits).toBe(1);
  expect(await a.ids()).toEqual([]);
  expect(await b.ids()).toEqual([1]);
  await b.service.follow();
  expect(await b.ids()).toEqual([]);
  expect(await entriesOf(b, b.kept()[0] ?? "")).toEqual([1]);
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

test("the watchdog's program ends a server that serves or hangs, and leaves alone one that refuses writes", async () => {
  const { a, b } = pair;
  const standby = await b.pid();
  expect(await fenceProgram(b, "confirm")).toBe(0);
  expect(await fenceProgram(b, "all")).toBe(0);
  expect(await b.pid()).toBe(standby);
  expect(await fenceProgram(a, "confirm")).toBe(1);
  expect(await fenceProgram(a, "all")).toBe(0);
  expect(await a.write(1)).toBe("refused");
  expect(await a.pid()).toBeNull();
  process.kill(standby ?? 0, "SIGSTOP");
  expect(await fenceProgram(b, "confirm", ["--limit", "2000"])).toBe(1);
  expect(await fenceProgram(b, "all")).toBe(0);
  expect(await b.pid()).toBeNull();
  const elsewhere = { ...a, dataFolder: join(a.dataFolder, "else") };
  expect(await fenceProgram(elsewhere, "all")).toBe(42);
});

test("the watchdog's program ends servers also when one of its folders is strange, and says so", async () => {
  const { a, b } = pair;
  const nowhere = join(a.stateFolder, "nowhere");
  expect(await fenceProgram(a, "all", ["--postgresql", nowhere])).toBe(42);
  expect(await a.pid()).toBeNull();
  b.tenure = 3;
  await b.service.promote(3);
  expect(await fenceProgram(b, "all", ["--state", nowhere])).toBe(42);
  expect(await b.pid()).toBeNull();
  expect(await fenceProgram({ ...b, dataFolder: `${b.dataFolder}/` }, "all")).toBe(0);
});

test("the watchdog's program fences all data that it is given, each asked at its own address", async () => {
  const { a, b } = pair;
  const standby = await b.pid();
  const asked = ["--data", b.dataFolder, "--server", `${b.host}:${b.port}`];
  expect(await fenceProgram(a, "confirm", asked)).toBe(1);
  expect(await fenceProgram(a, "all", asked)).toBe(0);
  expect(await a.pid()).toBeNull();
  expect(await b.pid()).toBe(standby);
  expect(await fenceProgram(a, "all", ["--data", b.dataFolder])).toBe(0);
  expect(await b.pid()).toBeNull();
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

test("a fence that comes between an agent's last look at its tenure and its order ends the promotion", async () => {
  const { a, b } = pair;
  a.tenure = null;
  await a.service.fence("the test says so");
  b.tenure = 3;
  let looks = 0;
  b.beforeTenure = async () => {
    looks += 1;
    if (looks === 2) expect(await fenceProgram(b, "all")).toBe(0);
  };
  await expect(b.service.promote(3)).rejects.toMatchObject({ code: "DataServiceUnreachable" });
  expect(looks).toBeGreaterThanOrEqual(2);
  b.tenure = null;
  await b.service.tend();
  expect(await b.write(1)).toBe("refused");
});
