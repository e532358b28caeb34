/** What a drill will break and measure, or the refusal: gathered from the sandbox, its documents and its present answers. */
import { arch, cpus, platform } from "node:os";
import type { DnsEndpoint } from "../../control/env.ts";
import { chooseApplication, type DrillCandidate } from "../../core/drill/choose.ts";
import { type DrillKind, type DrillProfile, fixedProfile } from "../../core/drill/profile.ts";
import { type DrillReport, shortRegionName } from "../../core/drill/report.ts";
import { resolveGroups } from "../../core/failover/resolve-group.ts";
import { parseDurationMs } from "../../core/kernel/duration.ts";
import { Failure } from "../../core/kernel/failure.ts";
import type { Catalogue } from "../../core/resources/catalogue.ts";
import type { SandboxLayout } from "../layout.ts";
import { checkSandbox } from "./check-sandbox.ts";
import type { DrillWorld } from "./conduct-drill.ts";

export type WatchedServer = { readonly name: string; readonly endpoint: DnsEndpoint };

export type DrillPlan = {
  readonly drill: DrillKind;
  readonly region: string;
  readonly application: DrillReport["application"];
  readonly fqdn: string;
  readonly recursor: DnsEndpoint;
  readonly loadBalancerPort: number;
  /** The name servers that have to notice: those that live through the drill. */
  readonly watched: readonly WatchedServer[];
  readonly profile: DrillProfile;
  readonly environment: DrillReport["environment"];
};

export type DrillWish = {
  readonly drill: DrillKind;
  readonly region: string;
  readonly application: string | undefined;
};

/** The plan; fails with NotFound or DrillRefused, with the reason, before anything is touched. */
export async function planDrill(wish: DrillWish, world: DrillWorld): Promise<DrillPlan> {
  const { layout, status } = world;
  checkSandbox(wish.region, status);
  const candidates = await readCandidates(world);
  const choice = chooseApplication(candidates, wish.region, wish.application);
  if (choice.kind === "unknown") throw new Failure("NotFound", choice.because);
  if (choice.kind === "refused") throw refusal(choice.because, wish.region);
  const { candidate } = choice;
  const watched = layout.regions
    .filter(({ cluster }) => wish.drill === "probe-blackhole" || cluster !== wish.region)
    .map(({ nameServer: { name, dns } }) => ({ name, endpoint: dns }));
  const ttl = parseDurationMs(world.catalogue.sovereign?.spec.ttl ?? "");
  return {
    drill: wish.drill,
    region: wish.region,
    application: {
      name: candidate.name,
      fqdn: candidate.fqdn,
      placement: candidate.placement,
      regions: candidate.regions.map((cluster) => ({
        cluster,
        short: shortRegionName(cluster, candidate.regions),
        addresses: [...addressesOf(world.catalogue, cluster)],
      })),
    },
    fqdn: candidate.fqdn,
    recursor: layout.recursor,
    loadBalancerPort: layout.regions[0]?.loadBalancer.port ?? 80,
    watched,
    profile: {
      ...fixedProfile,
      probeIntervalMs: status.probeIntervalMs,
      ttlMs: ttl ?? status.ttlSeconds * 1_000,
    },
    environment: environmentOf(layout),
  };
}

async function readCandidates(world: DrillWorld): Promise<readonly DrillCandidate[]> {
  const { catalogue, dns, layout } = world;
  const declared = resolveGroups(catalogue).filter((group) => group.declared);
  const asked = catalogue.applications.map(async ({ application, fqdn }) => {
    const answer = await dns.query(layout.recursor, fqdn, "A").catch(() => undefined); // Nobody answers for it.
    const addresses = (answer?.records ?? []).map(({ data }) => data);
    const { regions, placement } = application.spec;
    return {
      name: application.metadata.name,
      fqdn,
      placement,
      regions,
      group: declared.find(({ applications }) => applications.includes(fqdn))?.name,
      answeredBy: regions.filter((cluster) =>
        addressesOf(catalogue, cluster).some((address) => addresses.includes(address)),
      ),
    };
  });
  return Promise.all(asked);
}

function addressesOf(catalogue: Catalogue, cluster: string): readonly string[] {
  const regions = catalogue.sovereign?.spec.regions ?? [];
  return regions.find((region) => region.cluster === cluster)?.loadBalancer.ipv4 ?? [];
}

export function refusal(because: string, where: string): Failure {
  const sentence = because.charAt(0).toUpperCase() + because.slice(1);
  return new Failure("DrillRefused", `${sentence}.`, { where });
}

function environmentOf(layout: SandboxLayout): DrillReport["environment"] {
  const endpoint = ({ address, port }: DnsEndpoint): string => `${address}:${port}`;
  const servers = layout.regions.map(({ nameServer: { name, dns } }) => `${name} ${endpoint(dns)}`);
  const { requestLimitMs, requestsPerSecond } = fixedProfile;
  return [
    ["Name servers", servers.join(", ")],
    ["Recursor", endpoint(layout.recursor)],
    [
      "Client",
      `${requestsPerSecond} requests a second, each asks the recursor, then HTTP for at most ${requestLimitMs / 1_000} s`,
    ],
    ["Machine", `${platform()} ${arch()}, ${cpus().length} cores, Node ${process.versions.node}`],
  ];
}
