/** Both regions' agents asked at once; one that does not answer never hides the other. */
import { setMaxListeners } from "node:events";
import type { RegionReport } from "../../core/failover/headline.ts";
import type { PeopleReport } from "../../core/failover/people-report.ts";
import { Failure } from "../../core/kernel/failure.ts";
import { type AgentClient, agentClient } from "./agent-client.ts";
import type { Settings } from "./settings.ts";

export type AskedRegion = RegionReport & {
  /** null where no address was given. */
  readonly client: AgentClient | null;
  /** Why there is no report. */
  readonly failure: Failure | null;
};

export type AskedGroup = {
  readonly group: string;
  readonly sovereign: string;
  /** Both, in the order of their names. */
  readonly regions: readonly [AskedRegion, AskedRegion];
  /** The reports that came, at least one. */
  readonly reports: readonly PeopleReport[];
};

type Asked = {
  readonly client: AgentClient;
  readonly report: PeopleReport | null;
  readonly failure: Failure | null;
};

/** Asks every agent that is named. Fails with the first failure when none answers, and with UsageInvalid when they are not two of one group. */
export async function askGroup(settings: Settings, signal: AbortSignal): Promise<AskedGroup> {
  setMaxListeners(0, signal);
  const asked = await Promise.all(
    settings.agents.map((address) => askOne(agentClient(address, settings), signal)),
  );
  const answered = asked.flatMap((one) => (one.report === null ? [] : [one.report]));
  const [first] = answered;
  if (first === undefined) {
    throw asked[0]?.failure ?? new Failure("AgentUnreachable", "no agent answers");
  }
  const { group, self, peer } = first.status;
  const misfit = answered.find(
    ({ status, sovereign, cluster }) =>
      status.group !== group ||
      sovereign !== first.sovereign ||
      (cluster !== self && cluster !== peer),
  );
  const twice = answered.length > 1 && new Set(answered.map(({ cluster }) => cluster)).size === 1;
  if (misfit !== undefined || twice) {
    const message =
      misfit === undefined
        ? `the same agent was named twice: ${self}`
        : `the agents are not of one group: ${self} is of ${group} of ${first.sovereign}, and ${misfit.cluster} of ${misfit.status.group} of ${misfit.sovereign}`;
    throw new Failure("UsageInvalid", message, {
      remedy: "Name the two agents of one failover group.",
    });
  }
  const [a, b] = self < peer ? [self, peer] : [peer, self];
  const regions = [regionOf(a, asked), regionOf(b, asked)] as const;
  return { group, sovereign: first.sovereign, regions, reports: answered };
}

async function askOne(client: AgentClient, signal: AbortSignal): Promise<Asked> {
  try {
    return { client, report: await client.report(signal), failure: null };
  } catch (thrown) {
    if (!(thrown instanceof Failure) || thrown.code === "Cancelled") throw thrown;
    return { client, report: null, failure: thrown };
  }
}

function regionOf(region: string, asked: readonly Asked[]): AskedRegion {
  const found = asked.find(({ report }) => report?.cluster === region);
  if (found !== undefined) return { region, ...found };
  // What did not answer is the other one, unless it was named as something else.
  const silent = asked.find(
    ({ report, client }) =>
      report === null && (client.address.cluster === null || client.address.cluster === region),
  );
  if (silent !== undefined) return { region, ...silent };
  const failure = new Failure(
    "AgentUnreachable",
    `no address of the agent of ${region} was given`,
    {
      remedy: `Add --agent ${region}=https://<host>:<port>.`,
    },
  );
  return { region, client: null, report: null, failure };
}

/** One of the two by its name. Fails with NotFound. */
export function regionNamed(asked: AskedGroup, name: string): AskedRegion {
  const found = asked.regions.find(({ region }) => region === name);
  if (found !== undefined) return found;
  const known = asked.regions.map(({ region }) => region).join(" and ");
  throw new Failure("NotFound", `${name} is no region of ${asked.group}`, {
    remedy: `Its regions are ${known}.`,
  });
}

/** The other one. */
export function otherThan(asked: AskedGroup, name: string): AskedRegion {
  const [a, b] = asked.regions;
  return a.region === name ? b : a;
}
