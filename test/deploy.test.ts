/** What `deploy` ships is what the programs read: configurations of the overlay, and files that the image takes along. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { readAgentConfig } from "../src/daemon/agent/config.ts";
import { readControlConfig } from "../src/daemon/config.ts";
import { programs } from "../src/daemon/program-file.ts";

const root = fileURLToPath(new URL("../", import.meta.url));
const text = (path: string): string => readFileSync(join(root, path), "utf8");

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
});

describe("the image", () => {
  const containerfile = text("deploy/image/Containerfile");

  test("is of one version of Node 24, and of nobody's user", () => {
    const bases = [...containerfile.matchAll(/^FROM (\S+)/gm)].map(([, base]) => base);
    expect(new Set(bases).size).toBe(1);
    expect(bases[0]).toMatch(/^docker\.io\/library\/node:24\.\d+\.\d+-bookworm-slim$/);
    expect(containerfile).toMatch(/^USER 65532:65532$/m);
  });

  test("takes along what is there, and leaves the sandbox's programs out", () => {
    const copied = [...containerfile.matchAll(/^COPY (?!--from)(.*) \S+$/gm)];
    const paths = copied.flatMap(([, from = ""]) => from.split(" "));
    for (const path of paths) expect(existsSync(join(root, path)), path).toBe(true);
    const ofSandbox = Object.entries(programs).filter(([, path]) => path.startsWith("sandbox/"));
    for (const [name] of ofSandbox) expect(containerfile).toContain(`${name}.js`);
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
