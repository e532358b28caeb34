/** The real ports of a control process, made from its configuration; the CLI's one-shot commands use the same. */
import { agentReports } from "../adapters/agent/agent-reports.ts";
import { udpDnsClient } from "../adapters/dns-client.ts";
import { powerDnsNameServer } from "../adapters/powerdns/name-server.ts";
import { makeNotifier, type NotifierOptions } from "../adapters/powerdns/notifier.ts";
import { folderSource } from "../adapters/sources/folder.ts";
import { gitSource } from "../adapters/sources/git.ts";
import type { AgentReader } from "../control/agents/agent-port.ts";
import type { DnsPorts } from "../control/dns/ports.ts";
import type { DocumentSource } from "../control/env.ts";
import { Failure } from "../core/kernel/failure.ts";
import type { ControlConfig, NameServerKeyRef } from "./config.ts";
import { readCredential } from "./credential.ts";

const requestTimeoutMs = 5_000;
const questionTimeoutMs = 1_000;
const reportTimeoutMs = 2_000;

/** The source of documents that the configuration names. */
export function sourceOf({ source }: Pick<ControlConfig, "source">): DocumentSource {
  return source.kind === "folder" ? folderSource({ path: source.path }) : gitSource(source);
}

/** The agents that the configuration names. */
export function agentsOf({ agents = [] }: ControlConfig): readonly AgentReader[] {
  return agents.map((agent) => agentReports({ ...agent, timeoutMs: reportTimeoutMs }));
}

/** Source, PowerDNS and DNS; credentials are read at each use. `notifies` is about what secondaries are owed. */
export function dnsPortsOf(config: ControlConfig, notifies: NotifierOptions = {}): DnsPorts {
  const notifier = makeNotifier(notifies);
  return {
    source: sourceOf(config),
    nameServer: (id, spec) =>
      powerDnsNameServer({
        id,
        apiUrl: spec.apiUrl,
        readKey: () => readServerKey(config.nameServerKeys[spec.name], id, spec.apiUrl),
        timeoutMs: requestTimeoutMs,
        notifies: spec.notifies === true,
        notifier,
      }),
    dns: udpDnsClient({ timeoutMs: questionTimeoutMs }),
  };
}

/** The key for requests to `apiUrl`; a key that is pinned to another URL is not read at all. */
export async function readServerKey(
  ref: NameServerKeyRef | undefined,
  id: string,
  apiUrl: string,
): Promise<string> {
  const bare = (url: string): string => url.replace(/\/+$/, "");
  if (ref?.apiUrl !== undefined && bare(ref.apiUrl) !== bare(apiUrl)) {
    throw new Failure(
      "CredentialUnreadable",
      `the API key of ${id} is for ${ref.apiUrl} only, and the documents say ${apiUrl}`,
      {
        where: id,
        remedy:
          "Correct `apiUrl` in the Sovereign, or in `nameServerKeys` of the control configuration.",
      },
    );
  }
  return readCredential(ref, `the API key of ${id}`);
}
