/** The witness as a program (`sovereign witness serve`): one of its hosts, until it is asked to end or fails. */
import { makeLog } from "../adapters/log.ts";
import type { Signal } from "../control/env.ts";
import type { WitnessConfig } from "./witness-config.ts";
import type { storeOf, WitnessHost } from "./witness-host.ts";
import { startNodeHost } from "./witness-node-host.ts";
import { startWorkerdHost } from "./witness-workerd.ts";

export type HostKind = keyof typeof storeOf;

/** Runs until `signal`; fails as the host does when it starts or ends by itself. */
export async function runWitness(
  config: WitnessConfig,
  kind: HostKind,
  signal: Signal,
): Promise<void> {
  const log = makeLog("witness");
  const onLine = (line: string): void => log.warn("the host says", { line });
  const host = await startHost(kind, config, onLine);
  log.info("witness started", { url: host.url, host: kind, pid: host.pid });
  // It ends what it stands for, and that is told by `ended`.
  const stop = (): void => void host.stop();
  if (signal.aborted) stop();
  signal.addEventListener("abort", stop, { once: true });
  const failure = await host.ended;
  signal.removeEventListener("abort", stop);
  if (failure !== undefined) throw failure;
  log.info("witness stopped", { host: kind });
}

/** Starts a host of either kind. */
export function startHost(
  kind: HostKind,
  config: WitnessConfig,
  onLine: (line: string) => void = () => undefined,
): Promise<WitnessHost> {
  return kind === "node" ? startNodeHost(config, { onLine }) : startWorkerdHost(config, { onLine });
}
