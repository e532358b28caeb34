import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { readAgentConfig } from "./config.ts";

const folder = mkdtempSync(join(tmpdir(), "sovereign-agent-config-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
let count = 0;
function written(text: string): string {
  const path = join(folder, `agent-${count++}.yaml`);
  writeFileSync(path, text);
  return path;
}

const postgresql = `{ dataFolder: data, programs: /usr/lib/postgresql/15/bin,
  local: { host: 127.0.0.1, password: { file: pw } }, peer: { host: 127.0.0.2, password: { file: pw } } }`;

const right = `
cluster: hz-fsn-rtz-prod
group: ledger
source: { git: { repository: ../documents } }
state: state
health: { address: 127.0.0.1, port: 7200 }
api: { address: 127.0.0.1, port: 7201, tls: { certificate: c.pem, key: k.pem, ca: ca.pem } }
peer: { url: "https://127.0.0.2:7201" }
witness: { credential: { file: witness.json } }
watchdog:
  fence:
    steps: [{ argv: [/bin/true], limitMs: 1000 }]
    confirm: { argv: [/bin/true], limitMs: 1000, exitCodes: [0] }
applications: { ledger: "http://127.10.1.80:8080/healthz" }
services: [{ name: ledger-db, postgresql: ${postgresql} }]
`;

test("relative paths count from the folder of the file, and defaults are filled in", async () => {
  const config = await readAgentConfig(written(right));
  expect(config).toMatchObject({
    cluster: "hz-fsn-rtz-prod",
    group: "ledger",
    source: { kind: "git", branch: "main", cache: join(folder, "state", "documents-git") },
    pollMs: 5_000,
    state: join(folder, "state"),
    api: { tls: { certificate: join(folder, "c.pem"), ca: join(folder, "ca.pem") } },
    witness: { credential: { file: join(folder, "witness.json") } },
    folder,
  });
  expect(config.records).toEqual(["disk"]);
});

test("an API server is given by a kubeconfig, whose path counts from the folder too, or by the cluster itself", async () => {
  const records = "records: [disk, apiServer]";
  const outside = `${right}\nkubernetes: { kubeconfig: kubeconfig, context: prod }\n${records}\n`;
  expect(await readAgentConfig(written(outside))).toMatchObject({
    kubernetes: { kubeconfig: join(folder, "kubeconfig"), context: "prod" },
    records: ["disk", "apiServer"],
  });
  const inside = `${right}\nkubernetes: { inCluster: true }\n${records}\n`;
  expect(await readAgentConfig(written(inside))).toMatchObject({ kubernetes: { inCluster: true } });
});

test.each([
  ["nothing", "", "(the whole file)"],
  ["an unknown field", `${right}\nextra: 1\n`, "(the whole file)"],
  ["no group", right.replace("group: ledger\n", ""), "group"],
  ["a cluster that is none", right.replace("hz-fsn-rtz-prod", "berlin"), "cluster"],
  ["two sources", right.replace("source: {", "source: { folder: x,"), "source"],
  ["a poll that is no duration", `${right}\npollEvery: soon\n`, "pollEvery"],
  ["a port that is none", right.replace("7200", "72000"), "health.port"],
  ["no authority of certificates", right.replace(", ca: ca.pem", ""), "api.tls.ca"],
  ["a record without the disk", `${right}\nrecords: [apiServer]\n`, "records"],
  ["a record at no API server", `${right}\nrecords: [disk, apiServer]\n`, "kubernetes"],
  [
    "two ways to one API server",
    `${right}\nkubernetes: { kubeconfig: k, inCluster: true }\n`,
    "kubernetes",
  ],
  [
    "a context of no kubeconfig",
    `${right}\nkubernetes: { context: c, inCluster: true }\n`,
    "kubernetes",
  ],
  ["a peer without TLS", right.replace("https://127.0.0.2", "http://127.0.0.2"), "peer.url"],
  [
    "two credentials",
    right.replace("{ file: witness", "{ env: X, file: witness"),
    "witness.credential",
  ],
  ["no step of the fence", right.replace(/steps:.*/, "steps: []"), "watchdog.fence.steps"],
  [
    "a program of the fence without its path",
    right.replace("steps: [{ argv: [/bin/true]", "steps: [{ argv: [pg_ctl]"),
    "watchdog.fence.steps[0].argv",
  ],
  [
    "no exit code that confirms",
    right.replace("exitCodes: [0]", "exitCodes: []"),
    "watchdog.fence.confirm.exitCodes",
  ],
  [
    "an endless limit",
    right.replace("limitMs: 1000, exit", "limitMs: 0, exit"),
    "watchdog.fence.confirm.limitMs",
  ],
  [
    "a folder too deep for a socket",
    right.replace("state: state", `state: /${"d".repeat(90)}`),
    "state",
  ],
  [
    "an Application whose name begins as a private address does",
    right.replace("http://127.10.1.80:8080", "http://10.shop.example.org"),
    "applications.ledger",
  ],
  [
    "an Application whose name begins as loopback does",
    right.replace("http://127.10.1.80:8080", "http://127.0.0.1.example.org"),
    "applications.ledger",
  ],
  [
    "an Application of the public network without TLS",
    right.replace("http://127.10.1.80:8080", "http://shop.example.org"),
    "applications.ledger",
  ],
  [
    "a service twice",
    right.replace("services: [", `services: [{ name: ledger-db, postgresql: ${postgresql} }, `),
    "services",
  ],
  [
    "a service without an adapter",
    right.replace(/services:.*/s, "services: [{ name: ledger-db }]"),
    "services.0",
  ],
])("%s is refused and the field is named", async (_what, text, field) => {
  await expect(readAgentConfig(written(text))).rejects.toMatchObject({
    code: "ConfigInvalid",
    field,
  });
});
