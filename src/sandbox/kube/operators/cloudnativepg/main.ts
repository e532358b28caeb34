/** The process of a region's fake CloudNativePG: one configuration file, one line when it runs, ended by SIGTERM. */
import { readFile } from "node:fs/promises";
import { z } from "zod";
import { systemClock } from "../../../../adapters/clock.ts";
import { openKubernetes } from "../../../../adapters/kubernetes/open-kubernetes.ts";
import { makeLog } from "../../../../adapters/log.ts";
import { systemRandom } from "../../../../adapters/random.ts";
import { Failure } from "../../../../core/kernel/failure.ts";
import { parseJson } from "../../../../core/kernel/json.ts";
import { runCloudNativePg } from "./run-cloudnativepg.ts";

export const operatorConfigSchema = z.strictObject({
  /** Of somebody who may do everything at the region's API server. */
  kubeconfig: z.string().min(1),
  folder: z.string().min(1),
  /** Address of each Cluster's server, by `namespace/name`. */
  addresses: z.record(z.string().regex(/^[a-z0-9-]+\/[a-z0-9-]+$/), z.string().min(1)),
  requeueMs: z.int().min(10).default(10_000),
});

const [file = ""] = process.argv.slice(2);
const log = makeLog("cnpg-operator");

async function main(): Promise<void> {
  const text = await readFile(file, "utf8").catch((cause: unknown) => {
    throw new Failure("ConfigInvalid", "the configuration can not be read", { where: file, cause });
  });
  const parsed = operatorConfigSchema.safeParse(parseJson(text));
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const message = `the configuration is wrong: ${issue?.message ?? "unknown"}`;
    throw new Failure("ConfigInvalid", message, { where: file });
  }
  const { kubeconfig, folder, addresses, requeueMs } = parsed.data;
  const api = await openKubernetes({ kubeconfig }, "cloudnative-pg");
  const shared = { clock: systemClock, random: systemRandom, log };
  const running = runCloudNativePg({ ...shared, api, folder, addresses, requeueMs });
  log.info("ready", { clusters: Object.keys(addresses) });
  const end = (): void => {
    // What fails now is said by the exit code.
    void running.close().then(
      () => process.exit(0),
      () => process.exit(1),
    );
  };
  process.once("SIGTERM", end);
  process.once("SIGINT", end);
}

main().catch((thrown: unknown) => {
  const failure = Failure.from(thrown, file);
  log.error(failure.message, { failure: failure.toJson() });
  process.exit(failure.facts.exitCode);
});
