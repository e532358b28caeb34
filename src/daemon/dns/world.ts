/** What the `dns` commands work with: the control configuration turned into ports, read once. */
import { existsSync } from "node:fs";
import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock } from "../../adapters/clock.ts";
import type { NotifierOptions } from "../../adapters/powerdns/notifier.ts";
import { systemRandom } from "../../adapters/random.ts";
import { gather, type Intent, isWhole, type WholeIntent } from "../../control/dns/gather.ts";
import type { DnsOptions, DnsPorts, Server } from "../../control/dns/ports.ts";
import type { Env, Log } from "../../control/env.ts";
import { Failure } from "../../core/kernel/failure.ts";
import { type ControlConfig, readControlConfig } from "../config.ts";
import { dnsPortsOf, sourceOf } from "../ports.ts";
import { failureOfProblem } from "./problem-failure.ts";

export type DnsWorld = {
  readonly config: ControlConfig;
  readonly ports: DnsPorts;
  readonly options: DnsOptions;
  readonly intent: WholeIntent;
  /** Servers of the configured region. */
  readonly own: readonly Server[];
};

/**
 * The newest documents, without getting in the way of the control process: a copy of Git's cache serves one process
 * only. The last good commit that it holds is used when the repository is away.
 */
async function gatherOnce(config: ControlConfig, signal: AbortSignal): Promise<Intent> {
  if (config.source.kind === "folder") return gather(sourceOf(config), undefined, {}, signal);
  const scratch = await mkdtemp(join(tmpdir(), "sovereign-documents-"));
  try {
    if (existsSync(config.source.cache))
      await cp(config.source.cache, scratch, { recursive: true });
    const source = { ...config.source, cache: scratch };
    return await gather(sourceOf({ ...config, source }), undefined, {}, signal);
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

/** Reads configuration and source. Fails with ConfigInvalid, SourceUnavailable or DocumentInvalid. */
export async function openDnsWorld(
  configPath: string,
  signal: AbortSignal,
  notifies: NotifierOptions = {},
): Promise<DnsWorld> {
  const config = await readControlConfig(configPath);
  const ports = dnsPortsOf(config, notifies);
  const intent = await gatherOnce(config, signal);
  if (!isWhole(intent)) throw failureWithoutSovereign(intent);
  const own = intent.servers.filter((server) => server.cluster === config.cluster);
  if (own.length === 0) {
    const clusters = [...new Set(intent.servers.map(({ cluster }) => cluster))].join(", ");
    throw new Failure("ConfigInvalid", `the Sovereign has no region ${config.cluster}`, {
      where: configPath,
      field: "cluster",
      remedy: `Write one of its regions: ${clusters}.`,
    });
  }
  const { cluster, pollMs, reconcileMs } = config;
  const options = { cluster, pollMs, reconcileMs, observeOnly: false };
  return { config, ports, options, intent, own };
}

/** Of all that is wrong, the Sovereign comes first: without it nothing else can be done. */
function failureWithoutSovereign({ catalogue }: Intent): Failure {
  const { problems } = catalogue;
  const problem = problems.find(({ document }) => /^Sovereign\b/.test(document)) ?? problems[0];
  return problem === undefined
    ? new Failure("DocumentInvalid", "no Sovereign is declared")
    : failureOfProblem(problem);
}

/** An Env for one command: the command prints by itself, so nothing is logged or measured beside it. */
export function commandEnv(journal: Env["journal"]): Env {
  const nothing = (): void => undefined;
  const log: Log = { debug: nothing, info: nothing, warn: nothing, error: nothing };
  const metrics = { count: nothing, gauge: nothing, observe: nothing };
  return { clock: systemClock, random: systemRandom, journal, log, metrics };
}
