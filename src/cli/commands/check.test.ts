import { mkdtempSync, writeFileSync } from "node:fs";
import { cp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, onTestFinished, test } from "vitest";
import { parse } from "yaml";
import {
  answer,
  type Heard,
  no,
  type Say,
  type Scripted,
  scriptedServer,
} from "../../../test/contract/kubernetes-scripted-server.ts";
import { runCli } from "../../../test/run-cli.ts";
import type { Finding } from "../../control/check/finding.ts";
import type { JsonObject } from "../../core/kernel/json.ts";

const reviews = "POST /apis/authorization.k8s.io/v1/selfsubjectaccessreviews";

/** A platform as a script: what each collection holds, and which rights are missing. */
type Platform = {
  readonly lists?: Readonly<Record<string, readonly JsonObject[]>>;
  readonly missing?: (attributes: Readonly<Record<string, string>>) => boolean;
  readonly refused?: string;
};

function saying({ lists = {}, missing = () => false, refused }: Platform): Say {
  const reply = (heard: Heard): Say => {
    const [method = "", path = ""] = heard.line.replace(/\?.*$/, "").split(" ");
    if (path === "/version") return answer(200, { major: "1", minor: "34", gitVersion: "v1.34.4" });
    if (`${method} ${path}` === reviews) {
      const { spec } = JSON.parse(heard.body);
      const allowed = !missing(spec.resourceAttributes);
      return answer(201, {
        kind: "SelfSubjectAccessReview",
        apiVersion: "authorization.k8s.io/v1",
        metadata: { creationTimestamp: null },
        spec,
        status: { allowed },
      });
    }
    const plural = path.slice(path.lastIndexOf("/") + 1);
    if (plural === refused)
      return no(403, { reason: "Forbidden", message: `${plural} is forbidden` });
    const items = lists[plural];
    if (items === undefined)
      return no(404, {
        reason: "NotFound",
        message: "the server could not find the requested resource",
      });
    return answer(200, {
      kind: "List",
      apiVersion: "v1",
      metadata: { resourceVersion: "7" },
      items,
    });
  };
  return (socket, heard) => reply(heard)(socket, heard);
}

/** A kubeconfig of somebody with a token. */
function kubeconfigOf({ url }: Scripted, token = "t0ken-of-the-check"): string {
  const folder = mkdtempSync(join(tmpdir(), "sovereign-check-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const path = join(folder, "kubeconfig");
  const config = {
    apiVersion: "v1",
    kind: "Config",
    "current-context": "a",
    clusters: [{ name: "a", cluster: { server: url } }],
    users: [{ name: "a", user: { token } }],
    contexts: [{ name: "a", context: { cluster: "a", user: "a" } }],
  };
  writeFileSync(path, JSON.stringify(config));
  return path;
}

async function check(platform: Platform, ...words: readonly string[]) {
  const server: Scripted = await scriptedServer(saying(platform));
  const kubeconfig = kubeconfigOf(server);
  const ran = await runCli(
    "check",
    "--observe-only",
    "--kubeconfig",
    kubeconfig,
    ...words,
    "--output",
    "json",
  );
  const lines = server.heard.map(({ line }) => line);
  const data =
    ran.out === ""
      ? undefined
      : (JSON.parse(ran.out) as { findings: Finding[]; groups: JsonObject[]; counts: JsonObject }); // As checkData writes it.
  return {
    ...ran,
    lines,
    findings: data?.findings ?? [],
    groups: data?.groups ?? [],
    counts: data?.counts,
  };
}

/** The example of two regions, with name servers at a port of this machine where nobody listens. */
async function documents(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "sovereign-check-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  await cp(fileURLToPath(new URL("../../../examples/two-regions", import.meta.url)), folder, {
    recursive: true,
  });
  const path = join(folder, "sovereign.yaml");
  const text = await readFile(path, "utf8");
  let count = 0;
  const moved = text.replace(/address: \S+\n( +)port: 53/g, (_, indent: string) => {
    count += 1;
    return `address: 127.0.0.${count}\n${indent}port: 9`;
  });
  await writeFile(path, moved);
  return folder;
}

const reasonsOf = (findings: readonly Finding[], level?: Finding["level"]) =>
  findings.filter((one) => level === undefined || one.level === level).map(({ reason }) => reason);

const object = (
  apiVersion: string,
  kind: string,
  name: string,
  rest: JsonObject = {},
): JsonObject => {
  const { metadata = {}, ...more } = rest as { metadata?: JsonObject }; // Rest is ours.
  return { apiVersion, kind, ...more, metadata: { name, namespace: "payments-prod", ...metadata } };
};
const crd = (
  name: string,
  rest: JsonObject = {},
  versions: readonly string[] = ["v1"],
): JsonObject => ({
  apiVersion: "apiextensions.k8s.io/v1",
  kind: "CustomResourceDefinition",
  metadata: { name, ...rest },
  spec: { versions: versions.map((version) => ({ name: version, served: true })) },
});
const owned = (manager: string, operation: string, fieldsV1: JsonObject): JsonObject => ({
  managedFields: [{ manager, operation, apiVersion: "v1", fieldsV1 }],
});
const none = {
  customresourcedefinitions: [],
  nodes: [],
  pods: [],
  services: [],
  statefulsets: [],
};

describe("sovereign check", () => {
  test("on an empty platform finds nothing in the way, and sends no request but reads and reviews", async () => {
    const { exitCode, lines, findings, counts } = await check({ lists: none });
    expect(exitCode).toBe(0);
    expect(counts).toMatchObject({ stop: 0 });
    expect(reasonsOf(findings)).toEqual(
      expect.arrayContaining(["NotInstalled", "KindMissing", "RightsThere"]),
    );
    expect(lines.filter((line) => !line.startsWith("GET ")).every((line) => line === reviews)).toBe(
      true,
    );
    expect(lines.filter((line) => line.startsWith("GET ")).length).toBeGreaterThan(7);
  });

  test("names what the documents' groups would manage, and what is missing for them", async () => {
    const route = object("gateway.networking.k8s.io/v1", "HTTPRoute", "ledger", {
      spec: { hostnames: ["ledger.payments-prod.acme.example"] },
    });
    const cluster = object("postgresql.cnpg.io/v1", "Cluster", "ledger-fsn", {
      spec: { instances: 3 },
    });
    const folder = await documents();
    const lists = { ...none, httproutes: [route], clusters: [cluster] };
    const { groups, findings, exitCode } = await check(
      { lists },
      folder,
      "--cluster",
      "hz-fsn-rtz-prod",
    );
    expect(groups).toMatchObject([
      {
        group: "payments-prod",
        mode: "automatic",
        managed: ["Cluster payments-prod/ledger-fsn", "HTTPRoute payments-prod/ledger"],
      },
    ]);
    expect(reasonsOf(findings)).toContain("Found");
    // Nobody listens there.
    expect(findings.filter(({ area }) => area === "nameServers").length).toBe(2);
    expect(exitCode).toBe(48);
  });

  test("says whose a CRD is that has our name and is not ours, and which version is not served", async () => {
    const name = "applications.sre.catalyst.openova.io";
    const foreign = crd(name, owned("helm", "Update", {}));
    const old = crd("clusters.postgresql.cnpg.io", {}, ["v1alpha1"]);
    const { exitCode, findings, err } = await check({
      lists: { ...none, customresourcedefinitions: [foreign, old] },
    });
    expect(exitCode).toBe(48);
    expect(reasonsOf(findings, "stop").sort()).toEqual(["CrdOfSomebodyElse", "VersionMissing"]);
    expect(findings.find(({ reason }) => reason === "CrdOfSomebodyElse")).toMatchObject({
      document: `CustomResourceDefinition ${name}`,
      because: expect.stringContaining("written by helm"),
    });
    expect(JSON.parse(err)).toMatchObject({ error: { code: "PlatformNotReady" } });
    const ours = crd(name, { labels: { "app.kubernetes.io/part-of": "sovereign" } }, ["v1alpha1"]);
    expect(
      reasonsOf((await check({ lists: { ...none, customresourcedefinitions: [ours] } })).findings),
    ).toContain("Ours");
  });

  test("says which fields that a failover moves GitOps would put back, and which somebody wrote by hand", async () => {
    const role = { "f:spec": { "f:replica": { "f:primary": {} } } };
    const mesh = { "f:metadata": { "f:annotations": { "f:service.cilium.io/shared": {} } } };
    const annotations = { "service.cilium.io/global": "true", "service.cilium.io/shared": "true" };
    const lists = {
      ...none,
      clusters: [
        object("postgresql.cnpg.io/v1", "Cluster", "ledger-a", {
          metadata: owned("kustomize-controller", "Apply", role),
        }),
        object("postgresql.cnpg.io/v1", "Cluster", "ledger-b", {
          metadata: owned("kubectl-edit", "Update", role),
        }),
        object("postgresql.cnpg.io/v1", "Cluster", "ledger-c", {
          metadata: owned("sovereign-agent", "Apply", role),
        }),
      ],
      services: [
        object("v1", "Service", "s", {
          metadata: { annotations, ...owned("argocd-controller", "Update", mesh) },
        }),
      ],
    };
    const folder = await documents();
    const { findings } = await check({ lists }, folder, "--cluster", "hz-fsn-rtz-prod");
    const owners = findings.filter(({ area }) => area === "owners");
    expect(owners.map(({ document, level, field }) => [document, level, field])).toEqual([
      ["Cluster payments-prod/ledger-a", "stop", "spec.replica.primary"],
      ["Cluster payments-prod/ledger-b", "look", "spec.replica.primary"],
      ["Cluster payments-prod/ledger-c", "fine", ""],
      ["Service payments-prod/s", "stop", "metadata.annotations[service.cilium.io/shared]"],
    ]);
    expect(owners[0]?.because).toContain("kustomize-controller owns it");
    // Nobody knows without documents what would be moved.
    const alone = await check({ lists });
    expect(
      alone.findings.filter(({ area }) => area === "owners").map(({ level }) => level),
    ).toEqual(["look", "look", "fine", "look"]);
    expect(alone.exitCode).toBe(0);
  });

  test("says which right is missing, for what, and where; and which kind it could not read", async () => {
    const missing = ({ resource = "", verb = "" }: Readonly<Record<string, string>>) =>
      resource === "configmaps" && verb === "update";
    const { findings, exitCode } = await check({ lists: none, missing, refused: "pods" });
    expect(exitCode).toBe(0);
    expect(findings.filter(({ reason }) => reason === "RightMissing")).toMatchObject([
      {
        document: "the program agent",
        field: "update configmaps",
        because: expect.stringContaining("in the namespace sovereign-system"),
      },
    ]);
    expect(findings.find(({ reason }) => reason === "KindNotRead")).toMatchObject({
      document: "pods",
    });
  });

  test("of a server that does not tell rights goes on, and says so", async () => {
    const server = await scriptedServer((socket, heard) => {
      const say =
        heard.line === reviews ? no(501, { message: "not here" }) : saying({ lists: none });
      say(socket, heard);
    });
    const { out } = await runCli(
      "check",
      "--observe-only",
      "--kubeconfig",
      kubeconfigOf(server),
      "--output",
      "json",
    );
    expect(JSON.parse(out).findings).toContainEqual(
      expect.objectContaining({ reason: "RightsUnknown", level: "look" }),
    );
  });

  test("finds a quorum over two regions", async () => {
    const region = (name: string) => ({ labels: { "topology.kubernetes.io/region": name } });
    const pod = (name: string, nodeName: string) =>
      object("v1", "Pod", name, {
        metadata: {
          ownerReferences: [
            { apiVersion: "apps/v1", kind: "StatefulSet", name: "openbao", uid: "1" },
          ],
        },
        spec: { nodeName, containers: [{ image: "openbao/openbao:2" }] },
      });
    const lists = {
      ...none,
      nodes: [
        object("v1", "Node", "a", { metadata: region("fsn1") }),
        object("v1", "Node", "b", { metadata: region("hel1") }),
      ],
      pods: [pod("openbao-0", "a"), pod("openbao-1", "b")],
    };
    const { findings, exitCode } = await check({ lists });
    expect(exitCode).toBe(48);
    expect(reasonsOf(findings, "stop")).toEqual(["ClusterInTwoRegions", "MembersInTwoRegions"]);
  });

  test("without a server, with two, or of a region that the documents do not have, is not understood", async () => {
    const folder = await documents();
    expect(await runCli("check", "--observe-only")).toMatchObject({ exitCode: 2 });
    expect(await check({}, "--in-cluster")).toMatchObject({ exitCode: 2, lines: [] });
    expect(await check({}, folder, "--cluster", "hz-nbg-rtz-prod")).toMatchObject({
      exitCode: 2,
      lines: [],
    });
  });

  test("of a server that does not know us ends with its code, and shows no token", async () => {
    const server = await scriptedServer(
      no(401, { reason: "Unauthorized", message: "Unauthorized" }),
    );
    const path = kubeconfigOf(server);
    const { exitCode, err, out } = await runCli("check", "--observe-only", "--kubeconfig", path);
    expect(exitCode).toBe(46);
    expect(`${out}${err}`).not.toContain("t0ken");
  });

  test("speaks text with every remedy, and YAML with the same findings", async () => {
    const server = await scriptedServer(
      saying({
        lists: {
          ...none,
          customresourcedefinitions: [crd("applications.sre.catalyst.openova.io")],
        },
      }),
    );
    const path = kubeconfigOf(server);
    const { out } = await runCli("check", "--observe-only", "--kubeconfig", path);
    expect(out).toMatch(/^Found +1 in the way, .*nothing was changed$/m);
    expect(out).toContain(
      "stop  CustomResourceDefinition applications.sre.catalyst.openova.io  metadata.labels[app.kubernetes.io/part-of]  CrdOfSomebodyElse",
    );
    expect(out).toContain("does not take it over; do not force it.");
    const yaml = await runCli("check", "--observe-only", "--kubeconfig", path, "--output", "yaml");
    expect(parse(yaml.out)).toMatchObject({ counts: { stop: 1 }, groups: [] });
  });
});
