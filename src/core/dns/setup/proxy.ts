/** A proxy in front of a name server (ADR 20): who stands where, and where the server itself is reached. */
import { required } from "../../kernel/assert.ts";
import type { Sovereign } from "../../resources/sovereign.ts";
import type { ProxySpec } from "../../resources/sovereign-dns.ts";

export type Proxied = {
  readonly server: string;
  readonly kind: ProxySpec["kind"];
  readonly client: ProxySpec["client"];
  readonly cacheEntries: number | undefined;
  /** Where clients ask. */
  readonly front: { readonly address: string; readonly port: number };
  readonly backend: { readonly address: string; readonly port: number };
  /** Address from which the proxy asks the server. */
  readonly source: string;
};

/** The proxy in front of a server; undefined when clients ask it itself. */
export function proxyOf(sovereign: Sovereign, server: string): Proxied | undefined {
  const { dns } = sovereign.spec;
  const spec = dns?.proxies?.find((proxy) => proxy.server === server);
  if (dns === undefined || spec === undefined) return undefined;
  const all = [...sovereign.spec.regions.flatMap((one) => one.nameServers), ...dns.secondaries];
  const front = required(
    all.find(({ name }) => name === server),
    "a proxy stands in front of a declared server",
  );
  return {
    server,
    kind: spec.kind,
    client: spec.client,
    cacheEntries: spec.cacheEntries,
    front: { address: front.address, port: front.port },
    backend: spec.backend,
    source: spec.source ?? front.address,
  };
}

/** The server itself, for what must not go through a proxy: transfers and NOTIFY. */
export function backendOf(
  sovereign: Sovereign,
  {
    name,
    address,
    port,
  }: { readonly name: string; readonly address: string; readonly port: number },
): Proxied["backend"] {
  return proxyOf(sovereign, name)?.backend ?? { address, port };
}
