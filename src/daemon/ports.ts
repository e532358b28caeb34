/** The real ports of a control process, made from its configuration; the CLI's one-shot commands use the same. */
import { udpDnsClient } from "../adapters/dns-client.ts";
import { powerDnsNameServer } from "../adapters/powerdns/name-server.ts";
import { folderSource } from "../adapters/sources/folder.ts";
import { gitSource } from "../adapters/sources/git.ts";
import type { DnsPorts } from "../control/dns/ports.ts";
import type { DocumentSource } from "../control/env.ts";
import type { ControlConfig } from "./config.ts";
import { readCredential } from "./credential.ts";

const requestTimeoutMs = 5_000;
const questionTimeoutMs = 1_000;

/** The source of documents that the configuration names. */
export function sourceOf(config: ControlConfig): DocumentSource {
  return config.source.kind === "folder"
    ? folderSource({ path: config.source.path })
    : gitSource(config.source);
}

/** Source, PowerDNS and DNS; credentials are read at each use. */
export function dnsPortsOf(config: ControlConfig): DnsPorts {
  return {
    source: sourceOf(config),
    nameServer: (id, spec) =>
      powerDnsNameServer({
        id,
        apiUrl: spec.apiUrl,
        readKey: () => readCredential(config.nameServerKeys[spec.name], `the API key of ${id}`),
        timeoutMs: requestTimeoutMs,
      }),
    dns: udpDnsClient({ timeoutMs: questionTimeoutMs }),
  };
}
