import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ownFolder } from "../../../test/for-one-test.ts";
import { Failure } from "../../core/kernel/failure.ts";
import { withoutSecrets } from "../secrets.ts";
import { inClusterAccess } from "./in-cluster.ts";
import { type KubeconfigChoice, parseKubeconfig, readKubeconfig } from "./kubeconfig.ts";

const pem = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n";
const base64 = Buffer.from(pem).toString("base64");
const path = "/etc/sovereign/kubeconfig";

type Parts = { readonly cluster?: object; readonly user?: object; readonly rest?: object };

const configOf = ({ cluster = {}, user = {}, rest = {} }: Parts = {}): object => ({
  apiVersion: "v1",
  kind: "Config",
  "current-context": "fsn",
  contexts: [{ name: "fsn", context: { cluster: "c", user: "agent" } }],
  clusters: [
    {
      name: "c",
      cluster: {
        server: "https://api.test:6443",
        "certificate-authority-data": base64,
        ...cluster,
      },
    },
  ],
  users: [{ name: "agent", user }],
  ...rest,
});

const parse = (config: object, choice: KubeconfigChoice = {}) =>
  parseKubeconfig(JSON.stringify(config), path, choice);

function failureOf(work: () => unknown): Failure {
  try {
    work();
  } catch (thrown) {
    if (thrown instanceof Failure) return thrown;
    throw thrown;
  }
  throw new Error("it did not fail");
}

describe("what is refused, each by its field", () => {
  test.each<[string, Parts]>([
    ["users[agent].user.exec", { user: { exec: { command: "aws" } } }],
    ["users[agent].user.auth-provider", { user: { "auth-provider": { name: "gcp" } } }],
    ["users[agent].user.username", { user: { username: "ann", password: "p4ssw0rd-of-ann" } }],
    ["users[agent].user.as", { user: { token: "t", as: "root" } }],
    ["users[agent].user.as-groups", { user: { token: "t", "as-groups": ["admins"] } }],
    ["users[agent].user.client-key", { user: { "client-certificate-data": base64 } }],
    ["users[agent].user.client-certificate", { user: { "client-key": "k.pem" } }],
    [
      "users[agent].user.client-key-data",
      { user: { "client-certificate-data": base64, "client-key-data": "no" } },
    ],
    [
      "clusters[c].cluster.insecure-skip-tls-verify",
      { cluster: { "insecure-skip-tls-verify": true } },
    ],
    ["clusters[c].cluster.proxy-url", { cluster: { "proxy-url": "http://proxy.test" } }],
    [
      "clusters[c].cluster.certificate-authority-data",
      { cluster: { "certificate-authority-data": "?" } },
    ],
    ["clusters[c].cluster.server", { cluster: { server: "http://api.test" } }],
    ["clusters[c].cluster.server", { cluster: { server: "https://ann:pw@api.test" } }],
    ["clusters[c].cluster.server", { cluster: { server: "https://api.test/?a=b" } }],
    ["clusters[c].cluster.server", { cluster: { server: null } }],
    ["current-context", { rest: { "current-context": "" } }],
    ["contexts", { rest: { "current-context": "other" } }],
    ["clusters", { rest: { clusters: null } }],
    ["users", { rest: { users: [] } }],
    ["users.0.user.token", { user: { token: 7 } }],
    ["kind", { rest: { kind: "Secret" } }],
  ])("%s", (field, parts) => {
    const failure = failureOf(() => parse(configOf(parts)));
    expect(failure).toMatchObject({ code: "ConfigInvalid", where: path, field });
    expect(failure.remedy).toMatch(/\w/);
    expect(JSON.stringify(failure.toJson())).not.toContain("p4ssw0rd");
  });

  test("programs are refused with what to do in their place", () => {
    const { remedy } = failureOf(() => parse(configOf({ user: { exec: { command: "aws" } } })));
    expect(remedy).toBe(
      "No program is run to get a credential. Make a ServiceAccount for this program and give its token or tokenFile.",
    );
  });

  test.each(["", "[]", "a: [", "just words", "\u0000"])("%j is no kubeconfig", (text) => {
    expect(failureOf(() => parseKubeconfig(text, path)).code).toBe("ConfigInvalid");
  });

  test("a file that is not there, and a list of files, is unreadable", async () => {
    const missing = join(await ownFolder(), "a:b");
    await expect(readKubeconfig(missing)).rejects.toMatchObject({
      code: "CredentialUnreadable",
      where: missing,
    });
  });
});

describe("what is taken", () => {
  test("a token, with everything that says where", () => {
    const access = parse(configOf({ user: { token: "a-token-of-the-agent" } }));
    expect(access).toEqual({
      id: "agent at api.test:6443",
      server: "https://api.test:6443",
      namespace: "default",
      ca: { kind: "text", text: pem },
      serverName: null,
      token: { kind: "text", text: "a-token-of-the-agent" },
      certificate: null,
    });
    expect(withoutSecrets("it was a-token-of-the-agent")).toBe("it was [redacted]");
  });

  test("files, from the folder of the kubeconfig on, and a file of a token before a token", () => {
    const cluster = { "certificate-authority-data": "", "certificate-authority": "ca.crt" };
    const user = {
      token: "old",
      tokenFile: "../token",
      "client-certificate": "c.pem",
      "client-key": "/keys/k.pem",
    };
    expect(parse(configOf({ cluster, user }))).toMatchObject({
      ca: { kind: "file", path: "/etc/sovereign/ca.crt" },
      token: { kind: "file", path: "/etc/token" },
      certificate: {
        certificate: { kind: "file", path: "/etc/sovereign/c.pem" },
        key: { kind: "file", path: "/keys/k.pem" },
      },
    });
  });

  test("another context than the current one, with its namespace", () => {
    const contexts = [{ name: "hel", context: { cluster: "c", user: "agent", namespace: "shop" } }];
    expect(parse(configOf({ rest: { contexts } }), { context: "hel" }).namespace).toBe("shop");
  });

  test("a server name, a path, and plain HTTP on loopback alone", () => {
    const cluster = {
      server: "https://api.test/k8s/clusters/c-1/",
      "tls-server-name": "kubernetes",
    };
    expect(parse(configOf({ cluster }))).toMatchObject({
      server: "https://api.test/k8s/clusters/c-1",
      serverName: "kubernetes",
    });
    const local = { server: "http://127.0.0.1:8001" };
    expect(parse(configOf({ cluster: local })).server).toBe("http://127.0.0.1:8001");
  });

  test("what other tools add is nothing to us", () => {
    const rest = { preferences: {}, extensions: [{ name: "x" }] };
    expect(parse(configOf({ cluster: { extensions: [] }, user: { token: "t" }, rest })).id).toMatch(
      /agent/,
    );
  });
});

const odd = fc.constantFrom(..."aZ09-._~/%?#&=+: \"'\\{}[]|>!*@`\n\t\0é€😀", "\ud800");

test("whatever a file holds, it is taken or refused, and no secret is in the refusal", () => {
  const word = fc.constantFrom("fsn", "c", "agent", "", "https://api.test", "s3cret-in-the-file");
  const value = fc.oneof(
    word,
    fc.constant(null),
    fc.boolean(),
    fc.array(word),
    fc.dictionary(word, word),
  );
  const user = fc.dictionary(
    fc.constantFrom("token", "tokenFile", "exec", "as", "client-key", "client-key-data"),
    value,
  );
  const cluster = fc.dictionary(
    fc.constantFrom("server", "certificate-authority-data", "proxy-url"),
    value,
  );
  fc.assert(
    fc.property(user, cluster, (users, clusters) => {
      try {
        expect(parse(configOf({ user: users, cluster: clusters })).server).toMatch(/^https:/);
      } catch (thrown) {
        if (!(thrown instanceof Failure)) throw thrown;
        expect(thrown.code).toBe("ConfigInvalid");
        expect(JSON.stringify(thrown.toJson())).not.toContain("s3cret");
      }
    }),
  );
  fc.assert(
    fc.property(fc.string({ maxLength: 200, unit: odd }), (text) => {
      expect(failureOf(() => parseKubeconfig(text, path)).code).toBe("ConfigInvalid");
    }),
  );
});

describe("in a cluster", () => {
  const environment = { KUBERNETES_SERVICE_HOST: "10.0.0.1", KUBERNETES_SERVICE_PORT: "443" };

  test("outside one it is said what to do", async () => {
    await expect(inClusterAccess({ environment: {} })).rejects.toMatchObject({
      code: "ConfigInvalid",
      remedy: "Give a kubeconfig, or run it in a Pod with a service account.",
    });
  });

  test("without a mounted service account it is said where one is missing", async () => {
    const folder = await ownFolder();
    await expect(inClusterAccess({ environment, folder })).rejects.toMatchObject({
      code: "CredentialUnreadable",
      where: join(folder, "namespace"),
    });
  });

  test.each([
    ["10.0.0.1", "https://10.0.0.1"],
    ["fd00::1", "https://[fd00::1]"],
  ])("at %s the files stay files, because they are replaced", async (host, server) => {
    const folder = await ownFolder();
    await writeFile(join(folder, "namespace"), "sovereign\n");
    const given = { ...environment, KUBERNETES_SERVICE_HOST: host };
    expect(await inClusterAccess({ environment: given, folder })).toMatchObject({
      server,
      namespace: "sovereign",
      ca: { kind: "file", path: join(folder, "ca.crt") },
      token: { kind: "file", path: join(folder, "token") },
      certificate: null,
    });
  });
});
