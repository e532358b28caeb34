/** How the API of a server of this region is reached from a command. */
import type { PowerDnsOptions } from "../../adapters/powerdns/rest.ts";
import type { Server } from "../../control/dns/ports.ts";
import { readServerKey } from "../ports.ts";
import type { DnsWorld } from "./world.ts";

const requestTimeoutMs = 10_000;

/** The key is read at each use; one that is pinned to another URL is not read at all. */
export function serverOptions(
  { config }: Pick<DnsWorld, "config">,
  { id, spec }: Server,
): PowerDnsOptions {
  return {
    id,
    apiUrl: spec.apiUrl,
    readKey: () => readServerKey(config.nameServerKeys[spec.name], id, spec.apiUrl),
    timeoutMs: requestTimeoutMs,
  };
}
