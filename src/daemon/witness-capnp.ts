/**
 * The configuration file of workerd (facts of the witness §2): one Worker, its objects on disk, no way out. Secrets are not in
 * it: it names files beside itself, which workerd reads once, at its start.
 */

/** The names of the files in the folder of `config.capnp`. */
export const capnpFiles = {
  config: "config.capnp",
  bundle: "witness.js",
  credentials: "credentials.json",
  certificate: "certificate.pem",
  key: "key.pem",
} as const;

export type CapnpFacts = {
  readonly address: string;
  readonly port: number;
  readonly hasTls: boolean;
  /** Folder of the objects, absolute; it exists. */
  readonly objects: string;
  readonly settleMs: number;
  /** What `/healthz` says. */
  readonly health: string;
};

/** Newer than the binary it would be refused, and it changes how the Worker behaves: it is raised on purpose only. */
export const compatibilityDate = "2026-06-01";

/** Losing this key would lose the data: folders of objects are named after it. */
export const objectsKey = "sovereign-witness-1";

/** The text of `config.capnp`. */
export function capnpConfig(facts: CapnpFacts): string {
  const { bundle, credentials, certificate, key } = capnpFiles;
  const host = facts.address.includes(":") ? `[${facts.address}]` : facts.address;
  const tls = `https = (options = (), tlsOptions = (keypair = (privateKey = embed ${quoted(key)}, certificateChain = embed ${quoted(certificate)}), minVersion = tls1Dot2))`;
  return `using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [
    (name = "witness", worker = .witness),
    (name = "objects", disk = (path = ${quoted(facts.objects)}, writable = true)),
    (name = "internet", network = (allow = [])),
  ],
  sockets = [(name = "http", address = ${quoted(`${host}:${facts.port}`)}, ${facts.hasTls ? tls : "http = ()"}, service = "witness")],
);

const witness :Workerd.Worker = (
  modules = [(name = ${quoted(bundle)}, esModule = embed ${quoted(bundle)})],
  compatibilityDate = ${quoted(compatibilityDate)},
  bindings = [
    (name = "LEASES", durableObjectNamespace = "LeaseObject"),
    (name = "CREDENTIALS", text = embed ${quoted(credentials)}),
    (name = "SETTLE_MS", text = ${quoted(String(facts.settleMs))}),
    (name = "HEALTH", text = ${quoted(facts.health)}),
  ],
  durableObjectNamespaces = [(className = "LeaseObject", uniqueKey = ${quoted(objectsKey)}, enableSql = true)],
  durableObjectStorage = (localDisk = "objects"),
);
`;
}

/** A string of Cap'n Proto's text; its escapes are those of C, byte by byte. */
export function quoted(text: string): string {
  const bytes = [...new TextEncoder().encode(text)].map((byte) => {
    const character = String.fromCharCode(byte);
    if (byte < 0x20 || byte > 0x7e) return `\\x${byte.toString(16).padStart(2, "0")}`;
    return character === '"' || character === "\\" ? `\\${character}` : character;
  });
  return `"${bytes.join("")}"`;
}
