/**
 * A kubeconfig, as far as it needs nobody else's program (DESIGN §7.16): a token, a file with one, or a client certificate, and
 * an authority to trust. Whatever would run a program, skip verification or act as somebody else is refused, never ignored.
 */
import { readFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { parse } from "yaml";
import { Failure } from "../../core/kernel/failure.ts";
import { errorCode } from "../journal/error-code.ts";
import { registerSecret } from "../secrets.ts";
import type { ApiAccess, Kept } from "./api-access.ts";
import {
  type Kubeconfig,
  type KubeconfigCluster,
  type KubeconfigUser,
  kubeconfigSchema,
} from "./kubeconfig-schema.ts";
import { serverUrl } from "./server-url.ts";

export type KubeconfigChoice = {
  /** In place of the file's `current-context`. */
  readonly context?: string | undefined;
};

const fileBytesMax = 1024 * 1024;

/** Reads the file and chooses a context. Fails with CredentialUnreadable or ConfigInvalid, which quote nothing of it. */
export async function readKubeconfig(
  path: string,
  choice: KubeconfigChoice = {},
): Promise<ApiAccess> {
  let content: string;
  try {
    content = await readFile(path, "utf8");
  } catch (cause) {
    const word = errorCode(cause) || "it is no file";
    throw new Failure("CredentialUnreadable", `the kubeconfig can not be read (${word})`, {
      where: path,
      remedy:
        "Give the path of one kubeconfig that this program may read; lists of files are not taken.",
    });
  }
  return parseKubeconfig(content, path, choice);
}

/** What the text of a kubeconfig says; paths in it are meant from the folder of `path`. Fails with ConfigInvalid. */
export function parseKubeconfig(
  content: string,
  path: string,
  choice: KubeconfigChoice = {},
): ApiAccess {
  const config = parsed(content, path);
  const wanted = choice.context ?? config["current-context"];
  if (wanted === null) throw wrong(path, "current-context", "no context is chosen");
  const context = entryOf(config.contexts, wanted, path, "contexts").context;
  const { cluster } = entryOf(config.clusters, context.cluster, path, "clusters");
  const user =
    context.user === null ? {} : (entryOf(config.users, context.user, path, "users").user ?? {});
  const at = (field: string) => `clusters[${context.cluster}].cluster.${field}`;
  refuseCluster(cluster, path, at);
  refuseUser(user, path, `users[${context.user}].user`);
  const server = serverUrl(cluster.server ?? "", { where: path, field: at("server") });
  const kept = (data: string | null | undefined, file: string | null | undefined, field: string) =>
    keptOf({ data, file }, path, field);
  return {
    id: `${context.user ?? "nobody"} at ${new URL(server).host}`,
    server,
    namespace: context.namespace ?? "default",
    ca: kept(
      cluster["certificate-authority-data"],
      cluster["certificate-authority"],
      at("certificate-authority-data"),
    ),
    serverName: cluster["tls-server-name"],
    ...credentialOf(user, path, `users[${context.user}].user`),
  };
}

function parsed(content: string, path: string): Kubeconfig {
  if (content.length > fileBytesMax)
    throw wrong(path, "$", "it is larger than a kubeconfig can be");
  let value: unknown;
  try {
    value = parse(content, { logLevel: "silent" });
  } catch {
    throw wrong(path, "$", "it is not YAML");
  }
  const result = kubeconfigSchema.safeParse(value);
  if (result.success) return result.data;
  const at = result.error.issues[0]?.path.map(String).join(".") ?? "";
  throw wrong(path, at === "" ? "$" : at, "this is not as in a kubeconfig");
}

function entryOf<Entry extends { readonly name: string }>(
  entries: readonly Entry[],
  name: string,
  path: string,
  field: string,
): Entry {
  const found = entries.find((entry) => entry.name === name);
  if (found !== undefined) return found;
  const names = entries.map((entry) => entry.name).join(", ") || "none";
  throw wrong(path, field, `there is no "${name}"; there is: ${names}`);
}

function refuseCluster(
  cluster: KubeconfigCluster,
  path: string,
  at: (field: string) => string,
): void {
  if (cluster["insecure-skip-tls-verify"] === true) {
    throw wrong(
      path,
      at("insecure-skip-tls-verify"),
      "the server's certificate would not be checked",
      "Take it out and give certificate-authority-data: whoever is on the way could answer in the server's name.",
    );
  }
  if (cluster["proxy-url"] !== null && cluster["proxy-url"] !== undefined) {
    const remedy = "Reach the server without a proxy, or through a tunnel that ends on loopback.";
    throw wrong(path, at("proxy-url"), "proxies are not spoken to", remedy);
  }
}

/** What a user's entry may hold that we do not do, each with what to do in its place. */
const refusedSettings: Readonly<Record<string, string>> = {
  exec: "No program is run to get a credential. Make a ServiceAccount for this program and give its token or tokenFile.",
  "auth-provider":
    "Plugins of identity providers are not run. Make a ServiceAccount for this program and give its token or tokenFile.",
  username: "API servers no longer take passwords. Give a token or a client certificate.",
  password: "API servers no longer take passwords. Give a token or a client certificate.",
  as: "This program acts as itself only. Give the credential of the user meant.",
  "as-uid": "This program acts as itself only. Give the credential of the user meant.",
  "as-groups": "This program acts as itself only. Give the credential of the user meant.",
  "as-user-extra": "This program acts as itself only. Give the credential of the user meant.",
};

function refuseUser(user: Partial<KubeconfigUser>, path: string, at: string): void {
  for (const [setting, remedy] of Object.entries(refusedSettings)) {
    const value = user[setting];
    if (value === undefined || value === null || value === "") continue;
    throw wrong(path, `${at}.${setting}`, `${setting} is not taken`, remedy);
  }
}

function credentialOf(
  user: Partial<KubeconfigUser>,
  path: string,
  at: string,
): Pick<ApiAccess, "token" | "certificate"> {
  const certificate = keptOf(
    { data: user["client-certificate-data"], file: user["client-certificate"] },
    path,
    `${at}.client-certificate-data`,
  );
  const key = keptOf(
    { data: user["client-key-data"], file: user["client-key"] },
    path,
    `${at}.client-key-data`,
  );
  if (key?.kind === "text") registerSecret(key.text);
  if ((certificate === null) !== (key === null)) {
    const missing = certificate === null ? "client-certificate" : "client-key";
    throw wrong(path, `${at}.${missing}`, "a client certificate and its key belong together");
  }
  return {
    token: tokenOf(user, path),
    certificate: certificate === null || key === null ? null : { certificate, key },
  };
}

function tokenOf(user: Partial<KubeconfigUser>, path: string): Kept | null {
  // As in client-go: a file counts more than what stands beside it.
  if (user.tokenFile) return { kind: "file", path: resolve(dirname(path), user.tokenFile) };
  if (!user.token) return null;
  registerSecret(user.token);
  return { kind: "text", text: user.token };
}

type Source = {
  readonly data: string | null | undefined;
  readonly file: string | null | undefined;
};

/** As in client-go: what stands in the configuration counts more than the file beside it. */
function keptOf({ data, file }: Source, path: string, field: string): Kept | null {
  if (data) {
    const isBase64 = /^[A-Za-z0-9+/\s]+={0,2}\s*$/.test(data);
    const text = isBase64 ? Buffer.from(data, "base64").toString("utf8") : "";
    if (text.includes("-----BEGIN ")) return { kind: "text", text };
    throw wrong(path, field, "it is not PEM in base64");
  }
  return file ? { kind: "file", path: resolve(dirname(path), file) } : null;
}

function wrong(path: string, field: string, because: string, remedy?: string): Failure {
  const message = `the kubeconfig can not be used: ${because}`;
  return new Failure("ConfigInvalid", message, {
    where: path,
    field,
    ...(remedy === undefined ? {} : { remedy }),
  });
}
