import { readFileSync } from "node:fs";
import type { Server } from "node:http";
import { createServer } from "node:https";
import { join } from "node:path";
import type { TLSSocket } from "node:tls";
import { expect, onTestFinished, test } from "vitest";
import { hurriedClock, scriptedAccess } from "../../../test/contract/kubernetes-scripted-server.ts";
import { listening, ownFolder } from "../../../test/for-one-test.ts";
import { writeCertificates } from "../../../test/peers/certificates.ts";
import { resourceKinds } from "../../control/kubernetes/resource-kinds.ts";
import { seededRandom } from "../../core/kernel/random.ts";
import type { ApiAccess } from "./api-access.ts";
import { type KubernetesClient, kubernetesClient } from "./kubernetes-client.ts";

const { configMap } = resourceKinds;
const place = { name: "a", namespace: "n" };
const object = { apiVersion: "v1", kind: "ConfigMap", metadata: place };

/** An API server with a certificate for 127.0.0.1, which answers with who it is asked by. */
async function tlsServer() {
  const folder = await ownFolder();
  writeCertificates(folder, "127.0.0.1");
  const file = (name: string) => readFileSync(join(folder, name));
  const tls = { cert: file("server.crt"), key: file("server.key"), ca: file("ca.crt") };
  let asked = 0;
  const server = createServer(
    { ...tls, requestCert: true, rejectUnauthorized: false },
    (request, response) => {
      asked += 1;
      const socket = request.socket as TLSSocket; // This server has no others.
      const annotations = { by: String(socket.getPeerCertificate().subject?.CN ?? "nobody") };
      response.end(JSON.stringify({ ...object, metadata: { ...place, annotations } }));
    },
  );
  const port = await listening(server as unknown as Server); // It listens and closes as an HTTP server does.
  const client = (rest: Partial<ApiAccess>): KubernetesClient => {
    const made = kubernetesClient({
      access: scriptedAccess(`https://127.0.0.1:${port}`, { token: null, ...rest }),
      fieldManager: "sovereign-test",
      clock: hurriedClock(),
      random: seededRandom(1),
    });
    onTestFinished(() => made.close());
    return made;
  };
  const kept = (name: string) => ({ kind: "file", path: join(folder, name) }) as const;
  return { client, kept, asked: () => asked };
}

test("a server whose certificate nobody vouches for is not asked, and it is said what to give", async () => {
  const { client, asked } = await tlsServer();
  for (const work of [client({}).get(configMap, place), client({}).create(configMap, object)]) {
    await expect(work).rejects.toMatchObject({
      code: "KubernetesUnreachable",
      remedy: expect.stringContaining("certificate-authority-data"),
    });
  }
  expect(asked()).toBe(0);
});

test("a variable of Node's does not make a server trusted that nobody vouches for", async () => {
  const { client, asked } = await tlsServer();
  const variable = "NODE_TLS_REJECT_UNAUTHORIZED";
  const before = process.env[variable];
  onTestFinished(() => {
    if (before === undefined) delete process.env[variable];
    else process.env[variable] = before;
  });
  process.env[variable] = "0";
  for (const work of [client({}).get(configMap, place), client({}).create(configMap, object)]) {
    await expect(work).rejects.toMatchObject({ code: "KubernetesUnreachable" });
  }
  expect(asked()).toBe(0);
});

test("a server with a certificate for another name is not asked, unless that name is given", async () => {
  const { client, kept, asked } = await tlsServer();
  const other = client({ ca: kept("ca.crt"), serverName: "kubernetes.test" });
  await expect(other.create(configMap, object)).rejects.toMatchObject({
    code: "KubernetesUnreachable",
  });
  expect(asked()).toBe(0);
});

test("a client certificate is shown, for reads and for writes", async () => {
  const { client, kept } = await tlsServer();
  const certificate = { certificate: kept("client.crt"), key: kept("client.key") };
  const shown = { object: { metadata: { annotations: { by: "sovereign-peers" } } } };
  const api = client({ ca: kept("ca.crt"), certificate });
  expect(await api.get(configMap, place)).toMatchObject(shown);
  expect(await api.create(configMap, object)).toMatchObject(shown);
});

test("a certificate and a key that do not go together are a failure that names neither", async () => {
  const { client, kept, asked } = await tlsServer();
  const certificate = { certificate: kept("client.crt"), key: kept("stranger.key") };
  const api = client({ ca: kept("ca.crt"), certificate });
  const failed = await api.create(configMap, object).catch((thrown: Error) => thrown);
  expect(failed).toMatchObject({ code: "KubernetesUnreachable" });
  expect(String(failed)).not.toContain("PRIVATE");
  expect(asked()).toBe(0);
});
