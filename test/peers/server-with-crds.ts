/** A real API server that knows our kinds, and the example documents that are held against it. */
import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { parseYaml } from "../../src/adapters/sources/yaml.ts";
import type { Json, JsonObject } from "../../src/core/kernel/json.ts";
import { crdName } from "../../src/core/resources/crd.ts";
import type { ParsedDocument } from "../../src/core/resources/document.ts";
import { isSchema as isObject } from "../../src/core/resources/json-schema.ts";
import { type Kind, kinds } from "../../src/core/resources/normalise.ts";
import { valueAt } from "../../src/core/resources/problem.ts";
import { type KubeApiserver, startKubeApiserver } from "./kube-apiserver.ts";
import { findPrograms } from "./programs.ts";

export const root = fileURLToPath(new URL("../../", import.meta.url));

/** Files below a folder of the project, as paths from its root, in order. */
export function filesBelow(folder: string): readonly string[] {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(root, join(entry.parentPath, entry.name)))
    .sort();
}

export type Example = {
  readonly kind: Kind;
  readonly name: string;
  readonly namespace: string;
  readonly document: ParsedDocument;
};

/** The documents of a folder of right examples. */
export function examplesIn(folder: string): readonly Example[] {
  return filesBelow(folder).flatMap((path) => {
    const { documents, problems } = parseYaml(path, readFileSync(join(root, path), "utf8"));
    if (problems.length > 0) throw new Error(`${path} is not YAML`);
    return documents.map((document): Example => {
      const { value } = document;
      const kind = kinds.find((known) => known === valueAt(value, ["kind"]));
      if (kind === undefined) throw new Error(`${path} is of no known kind`);
      const name = String(valueAt(value, ["metadata", "name"]));
      const namespace = String(valueAt(value, ["metadata", "namespace"]) ?? "default");
      return { kind, name, namespace, document };
    });
  });
}

/** Starts a server, installs `deploy/crds` and waits until each is established. */
export async function startServerWithCrds(): Promise<KubeApiserver> {
  const server = await startKubeApiserver(
    await findPrograms(process.env, (line) => process.stderr.write(`${line}\n`)),
  );
  try {
    await succeed(server, ["apply", "--validate=strict", "-f", join(root, "deploy/crds")]);
    const crds = kinds.map((kind) => `crd/${crdName(kind)}`);
    await succeed(server, ["wait", "--for=condition=Established", "--timeout=50s", ...crds]);
    return server;
  } catch (thrown) {
    await server.stop();
    throw thrown;
  }
}

/** What kubectl writes to its output; throws with what it says when it fails, or when it warns. */
export async function succeed(
  server: KubeApiserver,
  args: readonly string[],
  input?: string,
): Promise<string> {
  const { ok, stdout, stderr } = await server.kubectl(args, input);
  if (!ok || stderr !== "") throw new Error(`kubectl ${args.join(" ")}: ${stderr}`);
  return stdout;
}

/** The JSON object that kubectl answers. */
export async function getJson(server: KubeApiserver, args: readonly string[]): Promise<JsonObject> {
  const value = JSON.parse(await succeed(server, ["get", ...args, "-o", "json"])) as Json; // JSON.parse gives JSON.
  if (!isObject(value)) throw new Error(`kubectl get ${args.join(" ")} answers no object`);
  return value;
}

/** An example as the server holds it. */
export function stored(server: KubeApiserver, example: Example): Promise<JsonObject> {
  return getJson(server, [crdName(example.kind), example.name, "-n", example.namespace]);
}

/** Applies a folder as `kubectl apply` does for anybody, after making the namespaces that the platform would have made. */
export async function applyFolder(server: KubeApiserver, folder: string): Promise<string> {
  const namespaces = new Set(examplesIn(folder).map(({ namespace }) => namespace));
  for (const name of namespaces) {
    const namespace = { apiVersion: "v1", kind: "Namespace", metadata: { name } };
    // `default` is there already, and made without apply: kubectl would warn of that.
    if (name !== "default") await succeed(server, ["apply", "-f", "-"], JSON.stringify(namespace));
  }
  return succeed(server, ["apply", "--validate=strict", "-R", "-f", join(root, folder)]);
}

export async function deleteFolder(server: KubeApiserver, folder: string): Promise<void> {
  await succeed(server, ["delete", "-R", "-f", join(root, folder), "--ignore-not-found"]);
}
