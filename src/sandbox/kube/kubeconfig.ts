/** The kubeconfig of a region for people and for our own processes: `kubectl --kubeconfig` works with it as it is. */
import type { JsonObject } from "../../core/kernel/json.ts";

export type KubeconfigFacts = {
  /** Region, and name of everything in the file. */
  readonly name: string;
  readonly server: string;
  /** The authority's certificate, PEM. */
  readonly ca: string;
  readonly credential:
    | { readonly token: string }
    | { readonly certificate: string; readonly key: string };
};

/** The file's content; JSON is YAML. */
export function kubeconfig({ name, server, ca, credential }: KubeconfigFacts): JsonObject {
  const data = (text: string): string => Buffer.from(text).toString("base64");
  const user =
    "token" in credential
      ? { token: credential.token }
      : {
          "client-certificate-data": data(credential.certificate),
          "client-key-data": data(credential.key),
        };
  return {
    apiVersion: "v1",
    kind: "Config",
    "current-context": name,
    clusters: [{ name, cluster: { server, "certificate-authority-data": data(ca) } }],
    users: [{ name, user }],
    contexts: [{ name, context: { cluster: name, user: name } }],
  };
}
