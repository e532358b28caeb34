/** From where `--from` looks: in the name of clients of a subnet, or at the name servers of one region only. */
import { udpDnsClient } from "../../adapters/dns-client.ts";
import type { Server } from "../../control/dns/ports.ts";
import type { DnsClient } from "../../control/env.ts";
import { parseSubnet, writeSubnet } from "../../core/dns/subnet.ts";
import { Failure } from "../../core/kernel/failure.ts";
import { parseClusterName } from "../../core/names/names.ts";
import type { DnsWorld } from "../../daemon/dns/world.ts";

export type Vantage = {
  /** Subnet that stands in every question (EDNS client subnet); undefined for questions of our own. */
  readonly subnet: string | undefined;
  readonly dns: DnsClient;
  readonly servers: readonly Server[];
};

const questionTimeoutMs = 1_000;

/** What `from` means: nothing, a subnet, or a region (`hz-fsn-rtz-prod`, or just `fsn`). Fails with UsageInvalid. */
export function vantageOf({ ports, intent }: DnsWorld, from: string | undefined): Vantage {
  const everything = { subnet: undefined, dns: ports.dns, servers: intent.servers };
  if (from === undefined) return everything;
  const servers = intent.servers.filter(({ cluster }) => isRegion(cluster, from));
  if (servers.length > 0) return { ...everything, servers };
  const parsed = parseSubnet(from);
  if (parsed.ok) {
    const subnet = writeSubnet(parsed.value);
    return {
      ...everything,
      subnet,
      dns: udpDnsClient({ timeoutMs: questionTimeoutMs, ecs: subnet }),
    };
  }
  const clusters = [...new Set(intent.servers.map(({ cluster }) => cluster))].join(", ");
  throw new Failure(
    "UsageInvalid",
    `"${from}" is neither a subnet nor a region: ${parsed.because}`,
    {
      field: "--from",
      remedy: `Name a subnet, or one of the regions ${clusters}.`,
    },
  );
}

function isRegion(cluster: string, from: string): boolean {
  const parsed = parseClusterName(cluster);
  return cluster === from || (parsed.ok && parsed.value.region === from);
}
