/** The sandbox on real servers, through the compiled CLI: up, broken, restored, killed, down. */
import { spawn, spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { openKubernetes } from "../../src/adapters/kubernetes/open-kubernetes.ts";
import { resourceKinds } from "../../src/control/kubernetes/resource-kinds.ts";
import { required } from "../../src/core/kernel/assert.ts";
import { liveClaim } from "../../src/sandbox/claim.ts";
import { openSandboxConnection, sandboxRequest } from "../../src/sandbox/connection.ts";
import { askOne } from "./dns-client-query.ts";
import { cli, type SandboxWorld, sandboxWorld, soon } from "./sandbox-world.ts";

const [fsn, hel] = ["hz-fsn-rtz-prod", "hz-hel-rtz-prod"] as const;
let world: SandboxWorld;
/** What was made, also when making the rest failed. */
const made: SandboxWorld[] = [];
let base = "";
let state = "";
const layout = () => world.layout;
const sovereign = (...args: string[]) => world.sovereign(...args);
const up = (...args: string[]) => world.up(...args);
const answers = (application: string) => world.answers(application);
const processesOfSandbox = () => world.processes();
const address = (slot: 1 | 2): string => `${base}.${slot}.80`;
const recordOnDisk = (slot: 1 | 2): Promise<string> =>
  readFile(join(state, "agents", String(slot), "record", "record.json"), "utf8");

/** As `kubectl` would read it. */
async function recordAtServer(slot: 1 | 2): Promise<string> {
  const { kubeconfig } = required(layout().regions[slot - 1], "a region has a number").kube;
  const client = await openKubernetes({ kubeconfig }, "sovereign-test");
  try {
    const found = await client.get(resourceKinds.configMap, {
      ...{ name: "sovereign-record-ledger", namespace: "default" },
    });
    const data = found.kind === "found" ? found.object["data"] : undefined;
    // A ConfigMap's data are texts by their keys.
    return (data as { readonly "record.json"?: string } | undefined)?.["record.json"] ?? "";
  } finally {
    client.close();
  }
}

beforeAll(async () => {
  // Nobody else may enter: PostgreSQL finds another place when we are root.
  world = await sandboxWorld({ open: false });
  made.push(world);
  ({ base, state } = world);
});
afterAll(async () => {
  for (const one of made) await one.remove();
});

test("down without a running sandbox says so and is no failure", () => {
  const down = sovereign("down");
  expect(down).toMatchObject({ status: 0, stdout: "No sandbox was running.\n" });
  expect(sovereign("sandbox", "status").status).toBe(18);
});

test.each([
  [["--base", "10.0"], "--base"],
  [["--ttl", "1500ms"], "--ttl"],
  [["--probe-interval", "soon"], "--probe-interval"],
])("up %j is refused before anything is made", (args, field) => {
  const refused = sovereign("up", ...args);
  expect(refused.status).toBe(2);
  expect(refused.stderr).toContain(field);
});

test("a program that a variable points at the wrong place for is named, and nothing starts", () => {
  const { status, stderr } = spawnSync(process.execPath, [cli, "up", "--state", state], {
    encoding: "utf8",
    env: { ...process.env, SOVEREIGN_PDNS_SERVER: "/nowhere/pdns_server" },
  });
  expect(status).toBe(15);
  expect(stderr).toContain("SOVEREIGN_PDNS_SERVER");
});

test("a folder with somebody's files is not taken as state, and nothing in it is removed", async () => {
  const folder = await mkdtemp(join(tmpdir(), "sovereign-theirs-"));
  try {
    await writeFile(join(folder, "thesis.txt"), "precious");
    const refused = spawnSync(
      process.execPath,
      [cli, "up", "--fresh", "--base", base, "--state", folder],
      { encoding: "utf8" },
    );
    expect(refused.status).toBe(2);
    expect(readdirSync(folder)).toEqual(["thesis.txt"]);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

test("an address that is taken is named with its port, protocol and owner before anything starts", async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(8081, `${base}.2.53`, resolve));
  try {
    const taken = sovereign("up", "--plain", "--base", base);
    expect(taken.status).toBe(16);
    expect(taken.stderr).toContain(`${base}.2.53 port 8081 (tcp)`);
    expect(taken.stderr).toContain(`pid ${process.pid}`);
    expect(existsSync(join(state, "logs"))).toBe(false);
    const detached = up();
    expect(detached.status).toBe(16);
    expect(detached.stderr).toContain(`${base}.2.53 port 8081 (tcp)`);
  } finally {
    await new Promise((resolve) => server.close(resolve));
  }
});

test("a server that ends at once fails the start with its log and last words, and nothing is left", async () => {
  const broken = join(state, "..", `broken-recursor-${process.pid}`);
  await writeFile(broken, "#!/bin/sh\necho this recursor is out of order\nexit 1\n", {
    mode: 0o755,
  });
  try {
    const { status, stderr } = spawnSync(
      process.execPath,
      [cli, "up", "--plain", "--base", base, "--state", state],
      { encoding: "utf8", env: { ...process.env, SOVEREIGN_PDNS_RECURSOR: broken } },
    );
    expect(status).toBe(19);
    expect(stderr).toContain("this recursor is out of order");
    expect(stderr).toContain(join(state, "logs", "recursor.log"));
    expect(processesOfSandbox()).toEqual([]);
  } finally {
    await rm(broken, { force: true });
  }
});

describe("a running sandbox", () => {
  beforeAll(() => {
    const started = up();
    expect(started.stderr + started.stdout).toContain("Try next");
    expect(started.status).toBe(0);
  });
  afterEach(async () => {
    for (const region of [fsn, hel]) sovereign("sandbox", "restore", region);
    await expect.poll(() => answers("shop"), soon).toBe(address(1));
    await expect.poll(() => answers("web"), soon).toBe(`${address(1)} ${address(2)}`);
  });

  test("answers every Application through the recursor, by its placement", async () => {
    await expect.poll(() => answers("shop"), soon).toBe(address(1));
    await expect.poll(() => answers("web"), soon).toBe(`${address(1)} ${address(2)}`);
    expect(await answers("reports")).toBe(address(2));
  });

  test("serves requests for any name from the region that was asked, also over IPv4-mapped IPv6", async () => {
    for (const host of [address(1), `[::ffff:${address(1)}]`]) {
      const response = await fetch(`http://${host}:8080/`);
      expect(await response.json()).toMatchObject({ region: fsn });
    }
    const page = await fetch(`http://${address(2)}:8080/`, { headers: { accept: "text/html" } });
    expect(await page.text()).toContain(hel);
  });

  test("keeps the API keys to their owner, and out of every log and argument", async () => {
    for (const region of layout().regions) {
      const key = (await readFile(join(region.folder, "api-key"), "utf8")).trim();
      expect(key).toMatch(/^[0-9a-f]{48}$/);
      const shown = spawnSync("grep", ["-rl", key, join(state, "logs")], { encoding: "utf8" });
      expect(shown.stdout).toBe("");
      for (const pid of processesOfSandbox()) {
        const line = existsSync(`/proc/${pid}/cmdline`) ? readFileSync(`/proc/${pid}/cmdline`) : "";
        expect(line.includes(key)).toBe(false);
      }
    }
  });

  test("each region's API server has its agent's record too, and only its own, and has it again after it was away", async () => {
    const records = (slot: 1 | 2) => Promise.all([recordOnDisk(slot), recordAtServer(slot)]);
    for (const slot of [1, 2] as const) {
      await expect.poll(async () => new Set(await records(slot)).size, soon).toBe(1);
      expect(await recordAtServer(slot)).toContain(layout().regions[slot - 1]?.cluster);
    }
    expect(sovereign("sandbox", "break", hel, "--fault", "kube-down").status).toBe(0);
    await expect(recordAtServer(2)).rejects.toMatchObject({ code: "KubernetesUnreachable" });
    expect(sovereign("sandbox", "restore", hel).status).toBe(0);
    await expect.poll(async () => new Set(await records(2)).size, soon).toBe(1);
  });

  test("refuses a second up in the same state and names the pid", async () => {
    const claim = await liveClaim(state);
    const second = sovereign("up", "--plain", "--base", base);
    expect(second.status).toBe(17);
    expect(second.stderr).toContain(`pid ${claim?.pid}`);
    expect(up("--fresh").status).toBe(17);
  });

  test("killing a region moves the name to the other one, restoring it moves it back", async () => {
    expect(sovereign("sandbox", "break", fsn, "--fault", "kill").status).toBe(0);
    await expect.poll(() => answers("shop"), soon).toBe(address(2));
    await expect.poll(() => answers("web"), soon).toBe(address(2));
    const status = await sandboxRequest(layout(), { command: "status" });
    const broken = status.regions.find((region) => region.cluster === fsn);
    expect(broken?.fault).toBe("kill");
    expect(broken?.processes.map((process) => process.state)).toEqual(Array(10).fill("down"));
    const again = sovereign("sandbox", "break", fsn, "--fault", "hang");
    expect(again.status).toBe(17);
    expect(sovereign("sandbox", "restore", fsn).status).toBe(0);
    await expect.poll(() => answers("shop"), soon).toBe(address(1));
  });

  test("hanging a region moves the name, though its connections still open", async () => {
    expect(sovereign("sandbox", "break", fsn, "--fault", "hang").status).toBe(0);
    await expect.poll(() => answers("shop"), soon).toBe(address(2));
  });

  test("swallowing probes moves the name while the region goes on serving", async () => {
    expect(sovereign("sandbox", "break", fsn, "--fault", "probe-blackhole").status).toBe(0);
    await expect.poll(() => answers("shop"), soon).toBe(address(2));
    const response = await fetch(`http://${address(1)}:8080/`);
    expect(await response.json()).toMatchObject({ region: fsn });
  });

  test("a fault held by a connection is undone when that connection ends", async () => {
    const connection = await openSandboxConnection(layout());
    await connection.request({ command: "break", region: hel, fault: "kill", hold: "connection" });
    await expect.poll(() => answers("web"), soon).toBe(address(1));
    connection.close();
    await expect.poll(() => answers("web"), soon).toBe(`${address(1)} ${address(2)}`);
  });

  test("what only network namespaces can lose is refused between proxies, with what to start instead", () => {
    const refused = sovereign("sandbox", "break", fsn, "--fault", "send-cut");
    expect(refused.status).toBe(2);
    expect(refused.stderr).toContain("--network namespaces");
  });

  test("a region or command that does not exist is refused with what there is", async () => {
    const unknown = sovereign("sandbox", "break", "hz-nbg-rtz-prod", "--fault", "kill");
    expect(unknown.status).toBe(4);
    expect(unknown.stderr).toContain(fsn);
    const nonsense = JSON.parse('{"command":"dance"}') as { command: "status" }; // Wrong on purpose.
    await expect(sandboxRequest(layout(), nonsense)).rejects.toMatchObject({
      code: "UsageInvalid",
    });
  });

  test("a process that ends by itself is started again and counted", async () => {
    const replica = async () => {
      const status = await sandboxRequest(layout(), { command: "status" });
      return status.regions[0]?.processes.find((process) => process.name === "replica-2");
    };
    const before = await replica();
    process.kill(before?.pid ?? 0, "SIGKILL");
    await expect
      .poll(replica, soon)
      .toMatchObject({ state: "ready", restarts: (before?.restarts ?? 0) + 1 });
  });

  test("a commit that adds an Application is answered; a broken document is named and the others go on", async () => {
    const folder = layout().documents;
    const shop = await readFile(join(folder, "applications/shop.yaml"), "utf8");
    await writeFile(
      join(folder, "applications/blog.yaml"),
      shop.replace("name: shop", "name: blog"),
    );
    commit(folder, "add blog");
    await expect.poll(() => answers("blog"), soon).toBe(address(1));

    await writeFile(
      join(folder, "applications/wiki.yaml"),
      shop.replace("name: shop", "nome: wiki"),
    );
    commit(folder, "add a broken wiki");
    await expect
      .poll(() => sovereign("sandbox", "status").stdout, soon)
      .toContain("wrong document: applications/wiki.yaml");
    expect(await answers("blog")).toBe(address(1));
    expect(await answers("shop")).toBe(address(1));
  });

  test("a client of each continent gets its region: the name servers know the sandbox's networks", async () => {
    const folder = layout().documents;
    const web = await readFile(join(folder, "applications/web.yaml"), "utf8");
    const order = `[{ continents: [NA], regions: [${hel}] }, { continents: [EU], regions: [${fsn}] }]`;
    const text = `${web.replace("name: web", "name: near")}  geo: { order: ${order} }\n`;
    await writeFile(join(folder, "applications/near.yaml"), text);
    commit(folder, "add near");
    const [region] = layout().regions;
    const dns = region?.nameServer.dns ?? { address: "", port: 0 };
    const question = { name: "near.acme-prod.sovereign.test", type: "A" } as const;
    const from = async (third: number): Promise<string> =>
      (await askOne(dns, question, `${base}.${third}.7`)).data.join(" ");
    await expect.poll(() => from(101), soon).toBe(address(1));
    await expect.poll(() => from(102), soon).toBe(address(2));
    expect(await from(101)).toBe(address(1));
  });

  test("kill -9 of the supervisor leaves no process, frozen ones neither, and up works at once", async () => {
    expect(sovereign("sandbox", "break", hel, "--fault", "hang").status).toBe(0);
    await world.signalSupervisor("SIGKILL");
    await expect.poll(processesOfSandbox, soon).toEqual([]);
    expect(sovereign("down").status).toBe(0);
    expect(up().status).toBe(0);
    await expect.poll(() => answers("blog"), soon).toBe(address(1));
  });

  test("a supervisor that does not react is ended by down all the same", async () => {
    await world.signalSupervisor("SIGSTOP");
    expect(sovereign("down")).toMatchObject({ status: 0 });
    expect(processesOfSandbox()).toEqual([]);
    expect(up().status).toBe(0);
  });
});

test("Ctrl-C ends the sandbox in the foreground in order, also when it arrives twice", async () => {
  expect(sovereign("down")).toMatchObject({ status: 0 });
  expect(processesOfSandbox()).toEqual([]);
  const child = spawn(
    process.execPath,
    [cli, "up", "--plain", "--fast", "--base", base, "--state", state],
    { stdio: ["ignore", "ignore", "pipe"] },
  );
  let said = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    said += text;
  });
  const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
  await expect.poll(() => said, soon).toContain("answers:");
  child.kill("SIGINT");
  child.kill("SIGINT");
  expect(await ended).toBe(0);
  expect(said).toContain("no process of it is left");
  expect(processesOfSandbox()).toEqual([]);
  expect(existsSync(layout().socket)).toBe(false);
});

function commit(folder: string, message: string): void {
  const git = (...args: string[]) =>
    spawnSync("git", ["-c", "user.name=Sam", "-c", "user.email=sam@example.test", ...args], {
      cwd: folder,
      encoding: "utf8",
    });
  git("add", "--all");
  expect(git("commit", "--quiet", "-m", message).status).toBe(0);
}
