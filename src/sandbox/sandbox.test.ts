import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { Failure } from "../core/kernel/failure.ts";
import { bindingsOf } from "./addresses.ts";
import { parseWay, wayArgument } from "./apps/network-order.ts";
import { changesBetween } from "./changes.ts";
import { claimState, liveClaim, releaseState } from "./claim.ts";
import { sandboxRequest } from "./connection.ts";
import { cutWays, type Fault } from "./faults.ts";
import { sandboxLayout } from "./layout.ts";
import type { Observation } from "./observe.ts";
import { powerDnsConfig } from "./powerdns-config.ts";
import { servicesOf } from "./program-install.ts";
import { findProgram, missingOf, neededPrograms, programs, programsMissing } from "./programs.ts";
import { recursorConfig } from "./recursor-config.ts";
import { parseSettings, stateFolder } from "./settings.ts";
import { openState, removeState } from "./state-folder.ts";
import { parseRequest } from "./supervisor-socket.ts";

const layout = sandboxLayout("/srv/state");
const text = { base: "127.10", probeInterval: "5s", ttl: "5s", fast: false };

test.each([
  [{ base: "10.0" }, "--base"],
  [{ base: "127.256" }, "--base"],
  [{ base: "127.007" }, "--base"],
  [{ base: "127.0", network: "namespaces" as const }, "--base"],
  [{ ttl: "1500ms" }, "--ttl"],
  [{ ttl: "0s" }, "--ttl"],
  [{ probeInterval: "soon" }, "--probe-interval"],
])("the settings %j are refused and the option is named", (wrong, field) => {
  expect(() => parseSettings({ ...text, ...wrong })).toThrow(Failure);
  try {
    parseSettings({ ...text, ...wrong });
  } catch (thrown) {
    expect(thrown).toMatchObject({ code: "UsageInvalid", field });
  }
});

test("fast means a second for probes and for records", () => {
  expect(parseSettings({ ...text, fast: true })).toEqual({
    base: "127.10",
    network: "proxy",
    probeIntervalMs: 1_000,
    ttlSeconds: 1,
  });
});

test("a state folder whose socket could not be bound is refused with the limit", () => {
  expect(() => stateFolder(`/${"x".repeat(100)}`)).toThrow("68");
});

test("everything listens on loopback above port 1023, each address and port once", () => {
  const bindings = bindingsOf(layout);
  expect(bindings.every(({ address, port }) => address.startsWith("127.10.") && port > 1023)).toBe(
    true,
  );
  const places = bindings.map(({ address, port, protocol }) => `${address}:${port}/${protocol}`);
  expect(new Set(places).size).toBe(places.length);
});

test("the recursor may ask nobody but the sandbox's name servers", () => {
  const config = recursorConfig(layout, layout.recursor);
  expect(config).toContain("dont-query=0.0.0.0/0, ::/0\n");
  const zones = [
    "sovereign.test=127.10.1.53:5300;127.10.2.53:5300",
    "hz-fsn-rtz-prod.hb.sovereign.test=127.10.1.64:5300",
    "hz-hel-rtz-prod.hb.sovereign.test=127.10.2.64:5300",
  ];
  expect(config).toContain(`forward-zones=${zones.join(",")}\n`);
  expect(config).toContain("security-poll-suffix=\n");
});

test("each fault cuts what its name says: what lies between two regions for both, the rest for its own", () => {
  const cut = (fault: Fault): readonly string[] => cutWays([{ cluster: "a", fault }], ["a", "b"]);
  expect(cut("kill")).toEqual([]);
  expect(cut("witness-cut")).toEqual(["a/witness"]);
  expect(cut("peer-cut")).toEqual(["a/database", "a/peer", "b/database", "b/peer"]);
  expect(cut("heartbeat-cut")).toEqual(["a/heartbeat-2", "a/heartbeat-3"]);
  const all = cut("all-cut");
  expect(all).toContain("a/heartbeat-1");
  expect(all).toContain("a/resolver-3");
  expect(all).not.toContain("b/witness");
  const both = ["witness-cut", "peer-cut"] as const;
  const broken = both.map((fault, index) => ({ cluster: ["a", "b"][index] ?? "", fault }));
  expect(cutWays(broken, ["a", "b"])).toHaveLength(5);
});

test("a way is read from its argument as it was written", () => {
  const [from, to] = [layout.witness, layout.recursor];
  for (const datagrams of [true, false]) {
    const way = { name: "hz-fsn-rtz-prod/witness", from, to, datagrams };
    expect(parseWay(wayArgument(way))).toEqual(way);
  }
});

test("PowerDNS gets its API key by its file, probes at the interval asked for, and asks nobody", () => {
  const [region] = layout.regions;
  if (region === undefined) throw new Error("the layout has regions");
  const config = powerDnsConfig({
    region,
    domain: "sovereign.test",
    probeIntervalMs: 3_000,
    apiKey: "k",
  });
  expect(config).toContain("api-key=k\n");
  expect(config).toContain("lua-health-checks-interval=3\n");
  expect(config).toContain("security-poll-suffix=\n");
});

test("a program is where its variable points, and nowhere else", () => {
  const [server] = programs;
  const env = { PATH: "/usr/bin", [server.variable]: "/nowhere/pdns_server" };
  const found = findProgram(server, env);
  expect(found).toMatchObject({ path: undefined, pointed: true });
  expect(programsMissing([found]).message).toContain(server.variable);
});

test("what is missing is listed with its package, its variable and one command", () => {
  const absent = neededPrograms("test").map((program) => ({
    program,
    path: undefined,
    pointed: false,
  }));
  const failure = programsMissing(missingOf(absent, "up"));
  expect(failure.message).toContain("pdns-backend-sqlite3, or point SOVEREIGN_PDNS_SCHEMA at it");
  expect(failure.remedy).toContain("apt-get install -y --no-install-recommends pdns-server");
  expect(failure.message).not.toContain("bind9-dnsutils");
  expect(programsMissing(missingOf(absent, "test")).message).toContain("bind9-dnsutils");
});

test("units and init scripts are found in a package's files, patterns of units are not", () => {
  const files = [
    "/lib/systemd/system/pdns.service",
    "/usr/lib/systemd/system/pdns@.service",
    "/usr/lib/systemd/system/apt-daily.timer",
    "/etc/init.d/pdns",
    "/etc/init.d",
  ];
  expect(servicesOf(files.join("\n"))).toEqual({
    units: ["pdns.service", "apt-daily.timer"],
    scripts: ["pdns"],
  });
});

test("a line that is no request is refused, whatever it is", () => {
  expect(parseRequest('{"command":"status"}')).toEqual({ command: "status" });
  for (const wrong of ["", "{}", "[]", "null", '{"command":"dance"}', '{"command":"break"}'])
    expect(() => parseRequest(wrong), wrong).toThrow(Failure);
  fc.assert(
    fc.property(fc.json(), (json) => {
      try {
        parseRequest(json);
      } catch (thrown) {
        expect(thrown).toBeInstanceOf(Failure);
      }
    }),
  );
});

test("a changed answer, a new and a removed Application, a broken document are each one sentence", () => {
  const observation = (
    entries: readonly (readonly [string, string])[],
    problems: readonly string[] = [],
  ): Observation => ({
    applications: entries.map(([name, cluster]) => ({
      name,
      fqdn: `${name}.x`,
      placement: "active-hotstandby",
      answer: { rcode: "NOERROR", addresses: ["a"], clusters: [cluster], ttlSeconds: 5 },
    })),
    applicationCount: entries.length,
    problems,
    ledger: [],
  });
  const before = observation([
    ["shop", "hz-fsn-rtz-prod"],
    ["old", "hz-fsn-rtz-prod"],
  ]);
  const after = observation(
    [
      ["shop", "hz-hel-rtz-prod"],
      ["new", "hz-fsn-rtz-prod"],
    ],
    ["x.yaml:1 is wrong"],
  );
  expect(changesBetween(before, after)).toEqual([
    "shop answers hel (was fsn)",
    "new is new: new.x",
    "old is no longer declared",
    "wrong document: x.yaml:1 is wrong",
  ]);
  expect(changesBetween(after, after)).toEqual([]);
  expect(changesBetween(undefined, after)).toEqual([]);
});

test("one state folder has one supervisor, and a claim of an ended one is none", async () => {
  const state = await mkdtemp(join(tmpdir(), "sovereign-claim-"));
  try {
    await claimState(state);
    await expect(claimState(state)).rejects.toMatchObject({ code: "AlreadyRunning" });
    await releaseState(state);
    const claim = { pid: process.pid, startTicks: "1", bootId: "another" };
    await writeFile(join(state, "run", "supervisor.json"), JSON.stringify(claim));
    expect(await liveClaim(state)).toBeUndefined();
    await claimState(state);
    expect((await liveClaim(state))?.pid).toBe(process.pid);
  } finally {
    await rm(state, { recursive: true, force: true });
  }
});

test("a folder with other files is neither taken nor emptied", async () => {
  const folder = await mkdtemp(join(tmpdir(), "sovereign-folder-"));
  try {
    await writeFile(join(folder, "thesis.txt"), "precious");
    await expect(openState(folder)).rejects.toMatchObject({ code: "ConfigInvalid" });
    await expect(removeState(folder)).rejects.toMatchObject({ code: "ConfigInvalid" });
    expect(await readdir(folder)).toEqual(["thesis.txt"]);
    await rm(join(folder, "thesis.txt"));
    await openState(folder);
    await writeFile(join(folder, "ours.txt"), "");
    await removeState(folder);
    expect(await readdir(folder)).toEqual([".sovereign-state"]);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

test("a request without a running sandbox fails with NotRunning", async () => {
  await expect(
    sandboxRequest({ socket: join(tmpdir(), "nobody.sock") }, { command: "status" }),
  ).rejects.toMatchObject({ code: "NotRunning" });
});
