import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { JsonObject } from "../kernel/json.ts";
import type { Deployed, DeployedObject } from "./deployed.ts";
import { regionOfHost } from "./member-hosts.ts";
import { quorumComponent } from "./quorum-component.ts";
import { stretchFindings } from "./stretch-findings.ts";

const regionKey = "topology.kubernetes.io/region";
const regions = [
  { cluster: "hz-fsn-rtz-prod", addresses: ["203.0.113.10"] },
  { cluster: "hz-hel-rtz-prod", addresses: ["198.51.100.10"] },
];

function object(kind: string, name: string, rest: Partial<DeployedObject> = {}): DeployedObject {
  const empty = { labels: {}, annotations: {}, owner: null, spec: {} };
  const namespace = kind === "Node" ? null : "vault";
  return { group: "", kind, name, namespace, ...empty, ...rest };
}

const node = (name: string, region: string, labels: Readonly<Record<string, string>> = {}) =>
  object("Node", name, { labels: { [regionKey]: region, ...labels } });
const podSpec = (image: string, more: JsonObject = {}): JsonObject => ({
  containers: [{ name: "main", image, ...more }],
});
const pod = (name: string, nodeName: string, rest: Partial<DeployedObject> = {}) =>
  object("Pod", name, {
    owner: { kind: "StatefulSet", name: "openbao" },
    spec: { ...podSpec("quay.io/openbao/openbao:2.4.1"), nodeName },
    ...rest,
  });
const set = (image: string, spec: JsonObject = {}, more: JsonObject = {}, pods: JsonObject = {}) =>
  object("StatefulSet", "openbao", {
    group: "apps",
    spec: {
      replicas: 3,
      serviceName: "openbao-internal",
      ...spec,
      template: { spec: { ...podSpec(image, more), ...pods } },
    },
  });

function found(objects: readonly DeployedObject[], rest: Partial<Deployed> = {}) {
  return stretchFindings({ cluster: "hz-fsn-rtz-prod", objects, regions, ...rest });
}
const reasons = (objects: readonly DeployedObject[], rest: Partial<Deployed> = {}) =>
  found(objects, rest).map(({ reason }) => reason);

describe("members in two regions", () => {
  const nodes = [node("a", "fsn1"), node("b", "hel1")];

  test("are found by the nodes that their Pods run on, with who runs where", () => {
    const [finding] = found([
      pod("openbao-0", "a"),
      pod("openbao-1", "b"),
      ...nodes.slice(0, 2),
    ]).filter(({ reason }) => reason === "MembersInTwoRegions");
    expect(finding).toMatchObject({
      isCertain: true,
      document: "StatefulSet vault/openbao",
      because:
        "openbao-0 runs in fsn1 and openbao-1 in hel1: they are members of one quorum of OpenBao",
    });
  });

  test.each<[string, readonly DeployedObject[], boolean | null]>([
    ["in one region are none", [pod("x-0", "a"), pod("x-1", "a")], null],
    [
      "of a Deployment do not vote",
      [
        pod("x-0", "a", { owner: { kind: "ReplicaSet", name: "x" } }),
        pod("x-1", "b", { owner: { kind: "ReplicaSet", name: "x" } }),
      ],
      null,
    ],
    [
      "of nobody do not vote",
      [pod("x-0", "a", { owner: null }), pod("x-1", "b", { owner: null })],
      null,
    ],
    [
      "of two quorums are two quorums",
      [pod("x-0", "a"), pod("x-1", "b", { namespace: "other" })],
      null,
    ],
    ["without a node are nowhere", [pod("x-0", "a"), pod("x-1", "")], null],
    [
      "of something unknown may vote",
      [
        pod("x-0", "a", { spec: { ...podSpec("acme/thing:1"), nodeName: "a" } }),
        pod("x-1", "b", { spec: { ...podSpec("acme/thing:1"), nodeName: "b" } }),
      ],
      false,
    ],
    [
      "of a CloudNativePG Cluster vote",
      [
        pod("pg-1", "a", {
          owner: { kind: "Cluster", name: "pg" },
          labels: { "cnpg.io/cluster": "pg" },
        }),
        pod("pg-2", "b", {
          owner: { kind: "Cluster", name: "pg" },
          labels: { "cnpg.io/cluster": "pg" },
        }),
      ],
      true,
    ],
    [
      "of one Strimzi cluster vote, whatever set they are of",
      [
        pod("k-0", "a", {
          owner: { kind: "StrimziPodSet", name: "k-a" },
          labels: { "strimzi.io/cluster": "k" },
          spec: { ...podSpec("quay.io/strimzi/kafka:0.49"), nodeName: "a" },
        }),
        pod("k-1", "b", {
          owner: { kind: "StrimziPodSet", name: "k-b" },
          labels: { "strimzi.io/cluster": "k" },
          spec: { ...podSpec("quay.io/strimzi/kafka:0.49"), nodeName: "b" },
        }),
      ],
      true,
    ],
  ])("%s", (_, pods, certain) => {
    const members = found([...nodes, ...pods]).filter(
      ({ reason }) => reason === "MembersInTwoRegions",
    );
    expect(members.map(({ isCertain }) => isCertain)).toEqual(certain === null ? [] : [certain]);
  });
});

test("a cluster whose nodes are in two regions is stretched, and its etcd where its control plane is", () => {
  const control = { "node-role.kubernetes.io/control-plane": "" };
  expect(found([node("a", "fsn1", control), node("b", "hel1")])).toMatchObject([
    { reason: "ClusterInTwoRegions", because: expect.not.stringContaining("etcd") },
  ]);
  expect(found([node("a", "fsn1", control), node("b", "hel1", control)])).toMatchObject([
    { because: expect.stringContaining("so are the members of its etcd") },
  ]);
  expect(found([node("a", "fsn1"), node("b", "fsn1"), object("Node", "c")])).toEqual([]);
});

describe("a workload that asks to be spread over regions", () => {
  const openbao = "openbao/openbao:2";
  const required = "requiredDuringSchedulingIgnoredDuringExecution";
  const preferred = "preferredDuringSchedulingIgnoredDuringExecution";
  const template = "spec.template.spec";
  test.each<[string, JsonObject, string]>([
    [
      "by a constraint",
      {
        topologySpreadConstraints: [
          { topologyKey: "kubernetes.io/hostname" },
          { topologyKey: regionKey },
        ],
      },
      `${template}.topologySpreadConstraints[1]`,
    ],
    [
      "by keeping its Pods apart",
      { affinity: { podAntiAffinity: { [required]: [{ topologyKey: regionKey }] } } },
      `${template}.affinity.podAntiAffinity.${required}[0]`,
    ],
    [
      "by preferring so",
      {
        affinity: {
          podAntiAffinity: {
            [preferred]: [{ weight: 1, podAffinityTerm: { topologyKey: regionKey } }],
          },
        },
      },
      `${template}.affinity.podAntiAffinity.${preferred}[0]`,
    ],
    [
      "by naming two",
      {
        affinity: {
          nodeAffinity: {
            [required]: {
              nodeSelectorTerms: [
                { matchExpressions: [{ key: regionKey, operator: "In", values: ["a", "b"] }] },
              ],
            },
          },
        },
      },
      `${template}.affinity.nodeAffinity.${required}.nodeSelectorTerms[0]`,
    ],
  ])("%s is found", (_, pods, field) => {
    expect(found([set(openbao, {}, {}, pods)])).toMatchObject([
      { reason: "SpreadOverRegions", isCertain: true, field },
    ]);
    expect(found([set("acme/thing", {}, {}, pods)])).toMatchObject([{ isCertain: false }]);
    expect(found([set(openbao, { replicas: 1 }, {}, pods)])).toEqual([]);
  });

  test("as a CloudNativePG Cluster is found; one that replicates to another Cluster is right", () => {
    const cluster = (spec: JsonObject) =>
      object("Cluster", "pg", { group: "postgresql.cnpg.io", spec: { instances: 3, ...spec } });
    expect(found([cluster({ affinity: { topologyKey: regionKey } })])).toMatchObject([
      { document: "Cluster vault/pg", field: "spec.affinity.topologyKey" },
    ]);
    const elsewhere = {
      name: "pg-hel",
      connectionParameters: { host: "pg.hz-hel-rtz-prod.example" },
    };
    const replica = { source: "pg-hel" };
    expect(found([cluster({ replica, externalClusters: [elsewhere] })])).toEqual([]);
  });
});

describe("a member that is looked for elsewhere", () => {
  const etcd = "registry.k8s.io/etcd:3.6.4-0";
  test.each<[string, JsonObject, string]>([
    [
      "by an address of the other region",
      { args: ["--initial-cluster=a=https://203.0.113.10:2380,b=https://198.51.100.10:2380"] },
      "args[0]",
    ],
    [
      "by a name with the other cluster in it",
      {
        env: [
          {
            name: "PEERS",
            value: "nats://n0.nats:6222,nats://n1.hz-hel-rtz-prod.acme.example:6222",
          },
        ],
      },
      "env[PEERS]",
    ],
    [
      "in a command",
      { command: ["etcd", "--initial-cluster", "b=http://etcd.hz-hel-rtz-prod.acme.example:2380"] },
      "command[2]",
    ],
  ])("%s is found", (_, more, field) => {
    expect(found([set(etcd, {}, more)])).toMatchObject([
      { reason: "MemberElsewhere", field: `spec.template.spec.containers[0].${field}` },
    ]);
  });

  const there = "db.hz-hel-rtz-prod.acme.example";
  const bao = "openbao/openbao:2";
  const named = (name: string, value: string): JsonObject => ({ env: [{ name, value }] });
  const args = (...words: readonly string[]): JsonObject => ({ args: [...words] });
  test.each<[boolean, string, JsonObject]>([
    [true, "cockroachdb/cockroach:v25", args("start", `--join=203.0.113.10,${there}:26257`)],
    [true, "consul:1", args("agent", "-retry-join", there)],
    [false, "consul:1", args("agent", "-retry-join-wan", there)],
    [true, "nats:2", args(`--routes=nats://n0.nats:6222,nats://${there}:6222`)],
    [true, "nats:2", args("-c", "/etc/nats.conf", "--routes", `nats://${there}:6222`)],
    [false, "nats:2", args("--routes", "nats://n0.nats:6222", "--remote", `nats://${there}`)],
    [true, "kafka:4", named("KAFKA_CONTROLLER_QUORUM_VOTERS", `1@k0:9093,2@${there}:9093`)],
    [true, bao, named("BAO_LOCAL_CONFIG", `retry_join { leader_api_addr = "https://${there}" }`)],
    [
      true,
      bao,
      named("BAO_LOCAL_CONFIG", `{"retry_join":[{"leader_api_addr":"http://${there}"}]}`),
    ],
    [true, bao, { command: ["sh", "-c", `bao server -retry-join https://${there}:8200`] }],
    [false, bao, named("AWS_S3_ENDPOINT", `https://backup.hz-hel-rtz-prod.acme.example`)],
    [false, "valkey/valkey:8", args("--replicaof", there, "6379")],
    [false, "valkey/valkey:8", args(`--replicaof ${there} 6379`)],
    [false, "patroni:4", named("STANDBY_HOST", there)],
    [false, "patroni:4", named("STANDBY_HOST", "198.51.100.10")],
    [true, etcd, named("PEER", there)],
  ])("is certain: %s, of %s by %j", (isCertain, image, more) => {
    expect(found([set(image, {}, more)])).toMatchObject([
      {
        reason: "MemberElsewhere",
        isCertain,
        because: expect.stringContaining(isCertain ? "they are members" : "is not known here"),
        remedy: expect.stringMatching(isCertain ? /^Give each region/ : /^Nothing, when/),
      },
    ]);
  });

  test("is told before a copy that is named earlier", () => {
    const both = args("--replicaof", there, "--join", "198.51.100.10");
    expect(found([set("cockroach:1", {}, both)])).toMatchObject([
      { isCertain: true, field: "spec.template.spec.containers[0].args[3]" },
    ]);
  });

  test("is none when it is here, when nobody knows where it is, or when it is no member", () => {
    const here = {
      args: ["--initial-cluster=a=https://203.0.113.10:2380,b=https://192.0.2.1:2380"],
    };
    const there = { args: ["--to=https://198.51.100.10"] };
    expect(found([set(etcd, {}, here)])).toEqual([]);
    expect(found([set("acme/web", {}, there)])).toEqual([]);
    expect(
      found([object("Deployment", "web", { spec: { template: { spec: podSpec(etcd, there) } } })]),
    ).toEqual([]);
  });

  test("of two regions is found without knowing which one this is; of one is not", () => {
    const both = { args: ["203.0.113.10:1,198.51.100.10:1"] };
    expect(reasons([set(etcd, {}, both)], { cluster: null })).toEqual(["MemberElsewhere"]);
    const one = { args: ["198.51.100.10:1,198.51.100.10:2"] };
    expect(reasons([set(etcd, {}, one)], { cluster: null })).toEqual([]);
  });
});

describe("a Service of all clusters of a mesh", () => {
  const service = (name: string, global = "true") =>
    object("Service", name, { annotations: { "service.cilium.io/global": global } });

  test("by which members find each other makes one quorum of two", () => {
    expect(found([set("openbao/openbao:2"), service("openbao-internal")])).toMatchObject([
      {
        reason: "MembersByGlobalService",
        document: "Service vault/openbao-internal",
        field: "metadata.annotations[service.cilium.io/global]",
        because: expect.stringContaining("StatefulSet vault/openbao spec.serviceName"),
      },
    ]);
    const named = { args: ["--join=http://openbao-peers.vault.svc:8200"] };
    expect(reasons([set("openbao/openbao:2", {}, named), service("openbao-peers")])).toEqual([
      "MembersByGlobalService",
    ]);
  });

  test("for clients is right, and so is one that is not global, not near, or of what does not vote", () => {
    expect(found([set("openbao/openbao:2"), service("openbao")])).toEqual([]);
    expect(found([set("openbao/openbao:2"), service("openbao-internal", "false")])).toEqual([]);
    expect(
      found([set("openbao/openbao:2"), { ...service("openbao-internal"), namespace: "other" }]),
    ).toEqual([]);
    expect(found([set("acme/web"), service("openbao-internal")])).toEqual([]);
  });
});

test.each([
  ["quay.io/openbao/openbao:2.4.1@sha256:ab", "OpenBao"],
  ["docker.io/bitnami/etcd", "etcd"],
  ["localhost:5000/nats:2.12", "JetStream"],
  ["ghcr.io/cloudnative-pg/postgresql:17", "PostgreSQL"],
  ["valkey/valkey:8", "Valkey"],
  ["acme/shop:1", null],
])("the image %s is of %s", (image, component) => {
  expect(quorumComponent(set(image))).toBe(component);
});

test("an address is of the region that has it, and a name of the cluster that stands in it as a whole label", () => {
  expect(regionOfHost("198.51.100.10", regions)).toBe("hz-hel-rtz-prod");
  expect(regionOfHost("etcd.hz-hel-rtz-prod.acme.example", regions)).toBe("hz-hel-rtz-prod");
  expect(regionOfHost("etcd.not-hz-hel-rtz-prod.acme.example", regions)).toBeUndefined();
});

test("whatever is deployed, something is said or nothing is, and nothing breaks", () => {
  const value = fc.jsonValue({ maxDepth: 5 });
  const text = fc.constantFrom(
    "spec",
    "template",
    "containers",
    "affinity",
    "args",
    "env",
    "image",
  );
  const spec = fc.dictionary(text, fc.oneof(value, fc.dictionary(text, value)));
  const kind = fc.constantFrom("Node", "Pod", "StatefulSet", "Cluster", "Service", "Deployment");
  fc.assert(
    fc.property(fc.array(fc.tuple(kind, spec)), (all) => {
      const objects = all.map(([each, of], index) =>
        object(each, `x-${index}`, { spec: of as JsonObject }),
      );
      for (const finding of found(objects)) {
        expect(finding.because).toMatch(/\S/);
        expect(finding.remedy).toMatch(/\.$/);
      }
    }),
  );
});
