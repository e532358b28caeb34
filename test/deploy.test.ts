/** What `deploy` ships is what the programs read: configurations of the overlay, and files that the image takes along. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { parseYaml } from "../src/adapters/sources/yaml.ts";
import { requestsMade } from "../src/control/kubernetes/requests-made.ts";
import { resourceKinds } from "../src/control/kubernetes/resource-kinds.ts";
import type { Json } from "../src/core/kernel/json.ts";
import { at, objectsIn } from "../src/core/stretch/deployed.ts";
import { readAgentConfig } from "../src/daemon/agent/config.ts";
import { readControlConfig } from "../src/daemon/config.ts";
import { programs } from "../src/daemon/program-file.ts";

const root = fileURLToPath(new URL("../", import.meta.url));
const text = (path: string): string => readFileSync(join(root, path), "utf8");

/** The object of that kind and name in a manifest below `deploy/kubernetes`. */
function object(path: string, kind: string, name?: string): Json {
  const { documents, problems } = parseYaml(path, text(`deploy/kubernetes/${path}`));
  expect(problems).toEqual([]);
  const found = documents.find(
    ({ value }) =>
      at(value, "kind") === kind && (name === undefined || at(value, "metadata", "name") === name),
  );
  if (found === undefined) throw new Error(`${path} has no ${kind} ${name}`);
  return found.value;
}

const ports = (holder: Json | undefined): readonly number[] =>
  objectsIn(at(holder, "ports")).map(({ port }) => Number(port));
const portsOf = (rules: Json | undefined): readonly number[] => objectsIn(rules).flatMap(ports);

describe.each(["hz-fsn-rtz-prod", "hz-hel-rtz-prod"])("the overlay of %s", (region) => {
  const folder = join(root, "deploy/kubernetes/overlays/two-regions", region);

  test("configures an agent that lives in a Pod", async () => {
    const config = await readAgentConfig(join(folder, "agent.yaml"));
    expect(config).toMatchObject({
      cluster: region,
      records: ["disk", "apiServer"],
      kubernetes: { inCluster: true },
      watchdog: { startedBy: "pod" },
      health: { port: 7200 },
      api: { port: 7201 },
    });
    // The watchdog's container is given that folder.
    expect(text("deploy/kubernetes/base/agent.yaml")).toContain(`${config.state}/watchdog]`);
  });

  test("configures a control plane of the same region", async () => {
    const config = await readControlConfig(join(folder, "control.yaml"));
    expect(config).toMatchObject({ cluster: region, http: { port: 7100 } });
    expect(config.agents?.map(({ cluster }) => cluster)).toContain(region);
  });

  test("leads the health path to the Service of the agent", async () => {
    const { healthRoute } = await readAgentConfig(join(folder, "agent.yaml"));
    const service = object("base/agent.yaml", "Service", healthRoute?.agent.name);
    expect(ports(at(service, "spec"))).toContain(healthRoute?.agent.port);
  });

  test("reaches the other region at ports that are open there, from the network that may ask", async () => {
    const service = object("base/agent.yaml", "Service", "sovereign-agent-peer");
    expect(at(service, "spec", "type")).toBe("LoadBalancer");
    expect(at(service, "spec", "loadBalancerSourceRanges")).toBeDefined();
    const open = ports(at(service, "spec"));
    const agent = object("base/network-policies.yaml", "NetworkPolicy", "sovereign-agent");
    expect(portsOf(at(agent, "spec", "ingress"))).toEqual(expect.arrayContaining([...open]));
    const { peer } = await readAgentConfig(join(folder, "agent.yaml"));
    const { agents = [] } = await readControlConfig(join(folder, "control.yaml"));
    const other = agents.find(({ cluster }) => cluster !== region);
    const asked = [peer.url, other?.url ?? ""].map((url) => new URL(url));
    expect(asked.map(({ port }) => Number(port)).sort()).toEqual([...open].sort());
    // Both are one Service there, and its network is what may ask here.
    expect(new Set(asked.map(({ hostname }) => hostname)).size).toBe(1);
    const network = asked[0]?.hostname.replace(/\.\d+\.\d+$/, ".0.0/16");
    expect(
      text(join("deploy/kubernetes/overlays/two-regions", region, "kustomization.yaml")),
    ).toContain(`value: [${network}]`);
  });
});

describe("the check in a Pod", () => {
  const job = object("check-job.yaml", "Job");
  const template = at(job, "spec", "template");

  test("carries the label by which it may reach names and the API server, and nothing else", () => {
    const policy = object("base/network-policies.yaml", "NetworkPolicy", "sovereign-check");
    expect(at(template, "metadata", "labels")).toMatchObject(
      Object(at(policy, "spec", "podSelector", "matchLabels")),
    );
    expect(at(policy, "spec", "policyTypes")).toEqual(["Ingress", "Egress"]);
    expect(at(policy, "spec", "ingress")).toBeUndefined();
    expect(portsOf(at(policy, "spec", "egress"))).toEqual([53, 53, 443, 6443]);
  });

  test("runs as the account that lists", () => {
    const name = String(at(template, "spec", "serviceAccountName"));
    expect(object("base/rbac.yaml", "ServiceAccount", name)).toBeDefined();
    expect(name).toBe("sovereign-check");
  });
});

describe("the image", () => {
  const containerfile = text("deploy/image/Containerfile");

  test("is of one version of Node 24, and of nobody's user", () => {
    const bases = [...containerfile.matchAll(/^FROM (\S+)/gm)].map(([, base]) => base);
    expect(new Set(bases).size).toBe(1);
    expect(bases[0]).toMatch(/^docker\.io\/library\/node:24\.\d+\.\d+-bookworm-slim$/);
    expect(containerfile).toMatch(/^USER 65532:65532$/m);
  });

  test("knows its user by name, or ssh-keygen would verify nobody's word", () => {
    const [, uid = "", gid = ""] = /^USER (\d+):(\d+)$/m.exec(containerfile) ?? [];
    const stage = containerfile.slice(containerfile.lastIndexOf("\nFROM "));
    const before = stage.slice(0, stage.indexOf("\nUSER "));
    const [, user = ""] = /echo '([^']*)' >> \/etc\/passwd/.exec(before) ?? [];
    const [, group = ""] = /echo '([^']*)' >> \/etc\/group/.exec(before) ?? [];
    expect(user.split(":")).toHaveLength(7);
    expect(user.split(":").slice(2, 4)).toEqual([uid, gid]);
    expect(group.split(":")[2]).toBe(gid);
    for (const kind of ["agent.yaml", "control.yaml"]) {
      expect(text(`deploy/kubernetes/base/${kind}`)).toContain(`runAsUser: ${uid}`);
    }
  });

  test("takes along what is there, and leaves the sandbox's programs out", () => {
    const copied = [...containerfile.matchAll(/^COPY (?!--from)(.*) \S+$/gm)];
    const paths = copied.flatMap(([, from = ""]) => from.split(" "));
    for (const path of paths) expect(existsSync(join(root, path)), path).toBe(true);
    const ofSandbox = Object.entries(programs).filter(([, path]) => path.startsWith("sandbox/"));
    const [, removed = ""] = /rm -f ((?:[^&\\]|\\\n)*)/.exec(containerfile) ?? [];
    const names = removed.split(/[\s\\]+/).filter((name) => name !== "");
    expect(names.sort()).toEqual(ofSandbox.map(([name]) => `${name}.js`).sort());
  });

  test("starts what the Pods start", () => {
    const [, started = ""] =
      /ENTRYPOINT \["node", "\/opt\/sovereign\/dist\/program\/(.*)\.js"\]/.exec(containerfile) ??
      [];
    expect(Object.keys(programs)).toContain(started);
    const [, beside = ""] =
      /dist\/program\/(\S+)\.js/.exec(text("deploy/kubernetes/base/agent.yaml")) ?? [];
    expect(Object.keys(programs)).toContain(beside);
  });
});

describe("who asks an API server", () => {
  test("looks at each kind that the check lists", () => {
    const folder = "src/control/check";
    const files = readdirSync(join(root, folder)).filter((name) => !name.endsWith(".test.ts"));
    const source = files.map((name) => text(join(folder, name))).join("\n");
    const listed = new Set(requestsMade.check.map(({ kind }) => kind));
    for (const [name, kind] of Object.entries(resourceKinds)) {
      if (listed.has(kind)) expect(source).toContain(`"${name}"`);
    }
  });

  test("of the other region gets a database, and has no other request", () => {
    expect(requestsMade.peer).toMatchObject([
      { kind: resourceKinds.postgresCluster, verbs: ["get"], where: "platform" },
    ]);
  });

  /** Calls that go around the requests that a program declares. */
  const around = (source: string): boolean =>
    /\b(?:openKubernetes|kubernetesClient)\(/.test(source);

  test("is found in a sample", () => {
    expect(around('const api = await openKubernetes({ inCluster: true }, "x");')).toBe(true);
    expect(around('const { api } = await openAs("agent", { inCluster: true });')).toBe(false);
  });

  test.each(["src/daemon", "src/cli"])(
    "of %s does it as one of our programs, within its declared requests",
    (folder) => {
      const files = readdirSync(join(root, folder), { recursive: true, encoding: "utf8" });
      const sources = files.filter((name) => name.endsWith(".ts") && !name.endsWith(".test.ts"));
      expect(sources.filter((name) => around(text(join(folder, name))))).toEqual([]);
    },
  );
});
