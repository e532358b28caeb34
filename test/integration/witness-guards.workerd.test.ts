/** What workerd does not do by itself, and what was built around it: each guard is tried without mercy (facts of the witness §0). */
import { execFile, spawn, spawnSync } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterEach, describe, expect, test } from "vitest";
import type { HttpWitness } from "../../src/adapters/witness/http-witness.ts";
import { Failure } from "../../src/core/kernel/failure.ts";
import type { LeaseRecord } from "../../src/core/lease/record.ts";
import type { LeaseRequest } from "../../src/core/lease/request.ts";
import { capnpConfig, capnpFiles } from "../../src/daemon/witness-capnp.ts";
import { lockFile } from "../../src/daemon/witness-host.ts";
import { startWorkerdHost, workerdPath } from "../../src/daemon/witness-workerd.ts";
import {
  builtCli,
  clientOf,
  credentialOf,
  hostKinds,
  killAndRestart,
  startAny,
  startServe,
  type WitnessFolder,
  witnessFolder,
} from "./witness-hosts.ts";

const holder = "hz-fsn-rtz-prod";
const credential = credentialOf(holder);
/** The Node host is a program that starts slowly, and its log is tried without a process as well. */
const kills = Number(process.env["SOVEREIGN_WITNESS_KILLS"] ?? 8);
const rounds = { workerd: kills, node: Math.ceil(kills / 3) };

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const clean of cleanups.splice(0).reverse()) await clean();
});

async function folderOf(): Promise<WitnessFolder> {
  const folder = await witnessFolder([credential]);
  cleanups.push(folder.remove);
  return folder;
}

function client(url: string): HttpWitness {
  const one = clientOf(url, credential);
  cleanups.push(() => one.close());
  return one;
}

let asked = 0;
const common = (rev: number) => ({
  holder,
  instance: "p1",
  reqId: `g-${++asked}`,
  ifRev: rev,
  note: {},
});
const acquire = (rev: number): LeaseRequest => ({
  op: "acquire",
  ...common(rev),
  ttlMs: 300_000,
  epochFloor: 0,
});
const release = ({ rev, epoch }: LeaseRecord): LeaseRequest => ({
  op: "release",
  ...common(rev),
  epoch,
});

/** What is dead and not yet buried by whoever got it (proc(5)) is not alive. */
const isAlive = async (pid: number): Promise<boolean> => {
  const stat = await readFile(`/proc/${pid}/stat`, "latin1").catch(() => "");
  return /^\d+ \(.*\) [^ZX] /.test(stat);
};

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 60_000;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error("it did not come true within a minute");
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

describe("one folder, one witness", () => {
  test.each(hostKinds)("a second one on the folder of %s is refused", async (kind) => {
    const { config } = await folderOf();
    const host = await startAny(kind, config);
    cleanups.push(() => host.stop());
    const { status } = spawnSync("flock", ["-n", "-F", "-E", "75", lockFile(config.data), "true"]);
    expect(status).toBe(75);
    const words = ["witness", "serve", "--config", await yamlOf(config), "--host", kind];
    expect(spawnSync(process.execPath, [builtCli, ...words]).status).toBe(17);
    const answered = await client(host.url).read("s");
    expect(answered.rev).toBe(0);
  });

  async function yamlOf(config: WitnessFolder["config"]): Promise<string> {
    const file = join(config.data, "..", "second.yaml");
    const { listen, data, credentials } = config;
    await writeFile(file, JSON.stringify({ listen, data, credentials }));
    return file;
  }

  test("when the lock fails, as on network disks, compare-and-set in SQL still gives no epoch twice", async () => {
    const { config } = await folderOf();
    const one = await startWorkerdHost(config, { withoutLock: true });
    const two = await startWorkerdHost(config, { withoutLock: true });
    cleanups.push(() => Promise.all([one.stop(), two.stop()]));
    const epochs: number[] = [];
    let refusals = 0;
    // For a while, and then until there is enough of both, however slow this machine is.
    const [endMs, lastMs] = [Date.now() + 3_000, Date.now() + 90_000];
    const goesOn = (): boolean =>
      Date.now() < endMs || ((epochs.length <= 20 || refusals === 0) && Date.now() < lastMs);
    const hammer = async (witness: HttpWitness): Promise<void> => {
      let rev = 0;
      while (goesOn()) {
        const reply = await witness.ask("s", acquire(rev)).catch(() => undefined); // A busy store does nothing.
        if (reply === undefined)
          rev = await witness.read("s").then(
            (read) => read.rev,
            () => rev,
          );
        else if (reply.ok) {
          epochs.push(reply.record.epoch);
          const freed = await witness.ask("s", release(reply.record)).catch(() => undefined); // As above.
          rev = freed?.record.rev ?? reply.record.rev;
        } else {
          refusals += 1;
          rev = reply.record.rev;
          // A release that met a busy store is done by whoever comes next.
          if (reply.code === "held")
            await witness.ask("s", release(reply.record)).catch(() => undefined); // As above.
        }
      }
    };
    await Promise.all([one, one, two, two].map(({ url }) => hammer(client(url))));
    expect(epochs.length).toBeGreaterThan(20);
    expect(refusals).toBeGreaterThan(0);
    expect(new Set(epochs).size).toBe(epochs.length);
  });
});

describe("what was acknowledged is kept", () => {
  test.each(hostKinds)(
    "%s is killed again and again, and no acknowledged grant is lost",
    async (kind) => {
      const folder = await folderOf();
      let host = await startAny(kind, folder.config);
      cleanups.push(() => host.stop());
      const witness = client(host.url);
      const slots = ["a", "b", "c", "d", "e", "f"];
      const acknowledged = new Map<string, LeaseRecord>();
      const epochs = new Map<string, Set<number>>(slots.map((slot) => [slot, new Set()]));
      let grants = 0;
      for (let round = 0; round < rounds[kind]; round++) {
        const over = new AbortController();
        const found = await Promise.all(slots.map((slot) => witness.read(slot)));
        const work = found.map(async (first) => {
          const { slot } = first;
          let current = first;
          while (!over.signal.aborted) {
            const request = current.holder === null ? acquire(current.rev) : release(current);
            const reply = await witness.ask(slot, request).catch(() => undefined); // It was killed just then.
            if (reply === undefined) return;
            current = reply.record;
            if (!reply.ok) continue;
            acknowledged.set(slot, reply.record);
            if (request.op !== "acquire") continue;
            expect(epochs.get(slot)?.has(reply.record.epoch)).toBe(false);
            epochs.get(slot)?.add(reply.record.epoch);
            grants += 1;
          }
        });
        const before = grants;
        await until(() => grants >= before + 2);
        await new Promise((resolve) => setTimeout(resolve, 100 + ((round * 37) % 200)));
        host = await killAndRestart(kind, host, folder);
        over.abort();
        await Promise.all(work);
        for (const [slot, record] of acknowledged) {
          const now = await witness.read(slot);
          expect(now.rev).toBeGreaterThanOrEqual(record.rev);
          expect(now.epoch).toBeGreaterThanOrEqual(record.epoch);
        }
      }
      expect(grants).toBeGreaterThan(rounds[kind]);
    },
  );
});

describe("whoever started it", () => {
  test("takes workerd with it when it is killed, and the next one starts at once", async () => {
    const { config } = await folderOf();
    const { child, url, pid } = await startServe("workerd", config);
    const given = await client(url).ask("s", acquire(0));
    child.kill("SIGKILL");
    await until(async () => !(await isAlive(pid)));
    const next = await startWorkerdHost(config);
    cleanups.push(() => next.stop());
    expect(await client(next.url).read("s")).toEqual(given.record);
  });

  test.each(hostKinds)("ends %s in order on SIGTERM", async (kind) => {
    const { config } = await folderOf();
    const { child, pid } = await startServe(kind, config);
    const ended = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGTERM");
    expect(await ended).toBe(0);
    expect(await isAlive(pid)).toBe(false);
  });

  test("is told when workerd ends by itself", async () => {
    const { config } = await folderOf();
    const host = await startWorkerdHost(config);
    process.kill(host.pid, "SIGKILL");
    expect(await host.ended).toMatchObject({ code: "ProcessFailed" });
  });

  test("is told when the address is taken", async () => {
    const [first, second] = [await folderOf(), await folderOf()];
    for (const kind of hostKinds) {
      const host = await startAny("workerd", {
        ...first.config,
        data: join(first.config.data, kind),
      });
      cleanups.push(() => host.stop());
      const listen = { ...first.config.listen, port: Number(new URL(host.url).port) };
      const start = import("../../src/daemon/witness-serve.ts").then(({ startHost }) =>
        startHost(kind, { ...second.config, data: join(second.config.data, kind), listen }),
      );
      const thrown: unknown = await start.catch((failure: unknown) => failure);
      expect(Failure.from(thrown, "").code).toBe("AddressTaken");
    }
  });
});

test("workerd has a limit of memory, and no secret lies about once it runs", async () => {
  const { config } = await folderOf();
  const host = await startWorkerdHost(config);
  cleanups.push(() => host.stop());
  const limits = await readFile(`/proc/${host.pid}/limits`, "utf8");
  const bytes = Number(/^Max data size\s+([0-9]+)/m.exec(limits)?.[1]);
  expect(bytes).toBeGreaterThan(512 * 1024 * 1024);
  expect(bytes).toBeLessThan(4 * 1024 * 1024 * 1024);
  expect((await readdir(config.data)).sort()).toEqual([".lock", "objects"]);
  expect((await stat(config.data)).mode & 0o077).toBe(0);
  const command = await readFile(`/proc/${host.pid}/cmdline`, "utf8");
  const environment = await readFile(`/proc/${host.pid}/environ`, "utf8");
  expect(`${command} ${environment}`).not.toContain(credential.secret);
});

test("nothing can go out, also when the code of the witness wanted to", async () => {
  const run = await mkdtemp(join(tmpdir(), "sovereign-egress-"));
  let reached = 0;
  const outside = createServer((_request, response) => {
    reached += 1;
    response.end("out");
  });
  await new Promise<void>((resolve) => outside.listen(0, "127.0.0.1", resolve));
  const bound = outside.address();
  const port = typeof bound === "object" && bound !== null ? bound.port : 0;
  const ask = `fetch("http://127.0.0.1:${port}/")`;
  const told = 'then(() => new Response("out"), () => new Response("closed"))';
  const bundle = `export class LeaseObject {}; export default { fetch: () => ${ask}.${told} };`;
  const objects = join(run, "objects");
  await mkdir(objects);
  await writeFile(join(run, capnpFiles.bundle), bundle);
  await writeFile(join(run, capnpFiles.credentials), "{}");
  const facts = { address: "127.0.0.1", port: 0, hasTls: false, objects, settleMs: 0, health: "x" };
  await writeFile(join(run, capnpFiles.config), capnpConfig(facts));
  const child = spawn(workerdPath(), ["serve", "--control-fd=3", join(run, capnpFiles.config)], {
    stdio: ["ignore", "ignore", "ignore", "pipe"],
  });
  cleanups.push(async () => {
    const ended = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGKILL");
    await ended;
    outside.close();
    await rm(run, { recursive: true, force: true });
  });
  const listening = await new Promise<string>((resolve) =>
    child.stdio[3]?.once("data", (part: Buffer) => resolve(part.toString())),
  );
  const at = /"port":([0-9]+)/.exec(listening)?.[1];
  expect(await (await fetch(`http://127.0.0.1:${at}/`)).text()).toBe("closed");
  expect(reached).toBe(0);
});

test("the bundle is one file, and built again it has the same bytes", async () => {
  const root = fileURLToPath(new URL("../..", import.meta.url));
  const folder = await mkdtemp(join(tmpdir(), "sovereign-bundle-"));
  cleanups.push(() => rm(folder, { recursive: true, force: true }));
  const vite = join(root, "node_modules/vite/bin/vite.js");
  const args = [vite, "build", "--config", "vite.worker.ts", "--outDir", folder];
  await promisify(execFile)(process.execPath, args, { cwd: root });
  expect(await readdir(folder)).toEqual(["witness.js"]);
  const [built, again] = await Promise.all(
    [join(root, "dist/worker/witness.js"), join(folder, "witness.js")].map((path) =>
      readFile(path),
    ),
  );
  expect(again?.equals(built ?? Buffer.alloc(0))).toBe(true);
});
