/** `deploy/kubernetes` on a real kube-apiserver: it is taken without a warning, and gives our programs the requests that they declare and no others. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { KubernetesClient } from "../../src/adapters/kubernetes/kubernetes-client.ts";
import { homeNamespace } from "../../src/cli/generate/rbac.ts";
import type { Finding } from "../../src/control/check/finding.ts";
import { isDeclared, type RequestAsked } from "../../src/control/kubernetes/as-declared.ts";
import type { KubeObject } from "../../src/control/kubernetes/kube-object.ts";
import {
  type KubeProgram,
  kubePrograms,
  type RequestVerb,
  requestsMade,
} from "../../src/control/kubernetes/requests-made.ts";
import { resourceKinds } from "../../src/control/kubernetes/resource-kinds.ts";
import { crdName } from "../../src/core/resources/crd.ts";
import { kinds } from "../../src/core/resources/normalise.ts";
import { runCli } from "../run-cli.ts";
import {
  clientOf,
  install,
  kubeconfigOf,
  overlay,
  platformNamespace,
  tried,
} from "./installation.ts";
import { type KubeApiserver, startKubeApiserver } from "./kube-apiserver.ts";
import { findPrograms } from "./programs.ts";
import { getJson, root, succeed } from "./server-with-crds.ts";

const regions = ["hz-fsn-rtz-prod", "hz-hel-rtz-prod"] as const;
const elsewhere = "somebody-elses";

let server: KubeApiserver;
let clients: Readonly<Record<KubeProgram, KubernetesClient>>;

beforeAll(async () => {
  const tell = (line: string): void => void process.stderr.write(`${line}\n`);
  server = await startKubeApiserver(await findPrograms(process.env, tell));
  for (const name of [platformNamespace, elsewhere])
    await succeed(server, ["create", "namespace", name]);
});
afterAll(async () => {
  for (const client of Object.values(clients ?? {})) client.close();
  await server.stop();
});

describe("an installation", () => {
  test("does not take over a CRD of somebody else, and says which", async () => {
    const name = crdName("Application");
    const foreign = {
      apiVersion: "apiextensions.k8s.io/v1",
      kind: "CustomResourceDefinition",
      metadata: { name },
      spec: {
        group: "sre.catalyst.openova.io",
        scope: "Namespaced",
        names: { kind: "Application", plural: "applications", singular: "application" },
        versions: [
          {
            name: "v1alpha1",
            served: true,
            storage: true,
            schema: { openAPIV3Schema: { type: "object" } },
          },
        ],
      },
    };
    const apply = ["apply", "--server-side", "--field-manager=helm", "-f", "-"];
    await succeed(server, apply, JSON.stringify(foreign));
    const { ok, stderr } = await install(server, await overlay(server, regions[0]));
    expect(ok).toBe(false);
    expect(stderr).toContain('conflict with "helm"');
    const crd = await getJson(server, ["crd", name]);
    expect(crd["spec"]).toMatchObject({
      versions: [{ schema: { openAPIV3Schema: { type: "object" } } }],
    });
    await succeed(server, ["delete", "crd", name]);
  });

  test.each(regions)(
    "of the overlay %s is taken whole, without a warning, and a second time changes nothing",
    async (region) => {
      const manifest = await overlay(server, region);
      const first = await install(server, manifest);
      expect(first).toMatchObject({ ok: true, stderr: "" });
      expect(first.stdout.trimEnd().split("\n").length).toBeGreaterThan(20);
      const versions = () =>
        succeed(server, [
          "get",
          "statefulsets,services,poddisruptionbudgets,networkpolicies,rolebindings",
          "-n",
          homeNamespace,
          "-o",
          'jsonpath={range .items[*]}{.kind}/{.metadata.name} {.metadata.generation}{"\\n"}{end}',
        ]);
      const before = await versions();
      expect(await install(server, manifest)).toMatchObject({ ok: true, stderr: "" });
      expect(await versions()).toBe(before);
    },
  );

  test("brings the CRDs of our group and of no other", async () => {
    const listed = await succeed(server, ["get", "crd", "-o", "name"]);
    const ours = kinds.map(
      (kind) => `customresourcedefinition.apiextensions.k8s.io/${crdName(kind)}`,
    );
    expect(listed.trimEnd().split("\n").sort()).toEqual([...ours].sort());
  });

  test("runs Pods that the strictest standard of Kubernetes takes", async () => {
    for (const name of ["sovereign-agent", "sovereign-control"]) {
      const set = await getJson(server, ["statefulset", name, "-n", homeNamespace]);
      const { template } = set["spec"] as {
        readonly template: {
          readonly metadata: object;
          readonly spec: { readonly volumes: readonly object[] };
        };
      }; // As Kubernetes declares it.
      // The StatefulSet would put its claim there.
      const volumes = [...template.spec.volumes, { name: "state", emptyDir: {} }];
      const pod = {
        apiVersion: "v1",
        kind: "Pod",
        spec: { ...template.spec, volumes },
        metadata: { ...template.metadata, name, namespace: homeNamespace },
      };
      const taken = await server.kubectl(
        ["create", "--dry-run=server", "--validate=strict", "-f", "-"],
        JSON.stringify(pod),
      );
      expect(taken).toMatchObject({ ok: true, stderr: "" });
    }
    const open = {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name: "open", namespace: homeNamespace },
      spec: { containers: [{ name: "open", image: "open" }] },
    };
    const refused = await server.kubectl(
      ["create", "--dry-run=server", "-f", "-"],
      JSON.stringify(open),
    );
    expect(refused.stderr).toContain('violates PodSecurity "restricted:latest"');
  });

  test("takes the check in a Pod, without a warning", async () => {
    const job = readFileSync(join(root, "deploy/kubernetes/check-job.yaml"), "utf8");
    const taken = await server.kubectl(
      ["create", "--dry-run=server", "--validate=strict", "-f", "-"],
      job,
    );
    expect(taken).toMatchObject({ ok: true, stderr: "" });
  });

  test("has a falling epoch refused", async () => {
    const annotate = (epoch: number) =>
      server.kubectl([
        "annotate",
        "--overwrite",
        "service",
        "shop",
        "-n",
        platformNamespace,
        `sre.catalyst.openova.io/epoch=${epoch}`,
      ]);
    await succeed(server, [
      "create",
      "service",
      "clusterip",
      "shop",
      "--tcp=80",
      "-n",
      platformNamespace,
    ]);
    expect(await annotate(10)).toMatchObject({ ok: true });
    // A server takes a policy up a moment after it was written.
    await expect
      .poll(async () => (await annotate(9)).stderr, { timeout: 60_000, interval: 250 })
      .toContain("the epoch 9 is older than 10");
    expect(await annotate(11)).toMatchObject({ ok: true });
  });
});

const verbs = [
  "get",
  "list",
  "watch",
  "create",
  "update",
  "patch",
  "delete",
] as const satisfies readonly RequestVerb[];

/** Every request that could be made of a kind that we know of, in our namespace, in the platform's, in another, and of all. */
function everyRequest(): readonly RequestAsked[] {
  const parts = [undefined, "status"] as const;
  return Object.values(resourceKinds).flatMap((kind) =>
    verbs.flatMap((verb) =>
      parts
        .filter((part) => part === undefined || ["get", "update", "patch"].includes(verb))
        .flatMap((subresource) => {
          const all = ["list", "watch"].includes(verb) ? [undefined] : [];
          const places =
            kind.scope === "Cluster"
              ? [undefined]
              : [homeNamespace, platformNamespace, elsewhere, ...all];
          return places.map((namespace) => ({ kind, verb, subresource, namespace }));
        }),
    ),
  );
}

/** As the roles are bound: the platform's rights in the platform's namespace alone. */
function isGiven(program: KubeProgram, asked: RequestAsked): boolean {
  const rows = requestsMade[program].filter(
    ({ where }) => where !== "platform" || asked.namespace === platformNamespace,
  );
  return isDeclared(rows, asked, homeNamespace);
}

describe("the role of", () => {
  beforeAll(async () => {
    clients = {
      agent: await clientOf(server, "agent"),
      peer: await clientOf(server, "peer"),
      control: await clientOf(server, "control"),
      check: await clientOf(server, "check"),
    };
  });

  test.each(kubePrograms)(
    "%s has every request that it declares, and no other",
    async (program) => {
      const wrong: string[] = [];
      const review = async (asked: RequestAsked): Promise<void> => {
        const reviewed = await clients[program].mayI(asked);
        if (reviewed.kind !== "reviewed") throw new Error(reviewed.because);
        if (reviewed.isAllowed === isGiven(program, asked)) return;
        const { kind, verb, subresource, namespace } = asked;
        const what = subresource === undefined ? kind.plural : `${kind.plural}/${subresource}`;
        const word = reviewed.isAllowed ? "may" : "may not";
        wrong.push(`${word} ${verb} ${what} in ${namespace ?? "all namespaces"}`);
      };
      const all = everyRequest();
      for (let first = 0; first < all.length; first += 16) {
        await Promise.all(all.slice(first, first + 16).map(review));
      }
      expect(wrong).toEqual([]);
    },
  );

  test.each(kubePrograms)(
    "%s lets each of its requests through when it is made",
    async (program) => {
      for (const { kind, verbs: made, subresource, where } of requestsMade[program]) {
        for (const verb of made) {
          // A right in the whole cluster is one in any namespace, which a single object has to name.
          const anywhere = verb === "list" || verb === "watch" ? undefined : elsewhere;
          const namespace =
            kind.scope === "Cluster"
              ? undefined
              : { home: homeNamespace, platform: platformNamespace, cluster: anywhere }[where];
          expect(
            await tried(clients[program], { kind, verb, subresource, namespace }),
            `${verb} ${kind.plural}`,
          ).not.toBe("forbidden");
        }
      }
    },
  );

  test.each(kubePrograms)("%s refuses what is outside of it when it is made", async (program) => {
    const { secret, configMap, postgresCluster, service } = resourceKinds;
    const outside: readonly RequestAsked[] = [
      ...verbs.map((verb): RequestAsked => ({ kind: secret, verb, namespace: homeNamespace })),
      { kind: configMap, verb: "delete", namespace: homeNamespace },
      { kind: configMap, verb: "get", namespace: elsewhere },
      { kind: postgresCluster, verb: "patch", namespace: elsewhere },
      { kind: postgresCluster, verb: "delete", namespace: platformNamespace },
      { kind: service, verb: "delete", namespace: platformNamespace },
    ];
    for (const asked of outside) {
      expect(await tried(clients[program], asked), `${asked.verb} ${asked.kind.plural}`).toBe(
        "forbidden",
      );
    }
  });
});

describe("sovereign check, as the service account that the installation brings", () => {
  const run = (kubeconfig: string, ...words: readonly string[]) =>
    runCli("check", "--observe-only", "--kubeconfig", kubeconfig, ...words, "--output", "json");

  test("reads everything that it looks at, finds our own CRDs, and changes nothing", async () => {
    const everything = async () => {
      const kinds =
        "statefulsets,services,configmaps,roles,rolebindings,networkpolicies,serviceaccounts";
      const listed = await getJson(server, [kinds, "-A"]);
      return (listed["items"] as readonly KubeObject[]).map(
        ({ metadata }) => metadata.resourceVersion,
      ); // As Kubernetes declares it.
    };
    const before = await everything();
    const { out, exitCode } = await run(await kubeconfigOf(server, "check"));
    const { findings } = JSON.parse(out) as { readonly findings: readonly Finding[] }; // As checkData writes it.
    const reasons = findings.map(({ reason }) => reason);
    expect(reasons.filter((reason) => reason === "Ours").length).toBe(kinds.length);
    expect(reasons).not.toContain("KindNotRead");
    // This user is not the agent, and may not do what the agent may.
    expect(reasons).toContain("RightMissing");
    expect(findings.filter(({ level }) => level === "stop")).toEqual([]);
    expect(exitCode).toBe(0);
    expect(await everything()).toEqual(before);
  });

  test("of an administrator misses no right, and of a stranger says what it could not read", async () => {
    const admin = JSON.parse((await run(server.kubeconfig)).out) as {
      readonly findings: readonly Finding[];
    }; // As checkData writes it.
    expect(admin.findings.map(({ reason }) => reason)).not.toContain("RightMissing");
    const stranger = JSON.parse((await run(server.stranger)).out) as {
      readonly findings: readonly Finding[];
    }; // As checkData writes it.
    expect(
      stranger.findings.filter(({ reason }) => reason === "KindNotRead").length,
    ).toBeGreaterThan(5);
  });
});
