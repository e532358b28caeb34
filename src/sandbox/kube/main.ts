/** The process of a region's API server: one configuration file, one line when it is ready, ended by SIGTERM. */
import { readFile } from "node:fs/promises";
import { makeLog } from "../../adapters/log.ts";
import { Failure } from "../../core/kernel/failure.ts";
import { parseJson } from "../../core/kernel/json.ts";
import { type KubeConfig, kubeConfigSchema } from "./config.ts";
import { runKubeApi } from "./run-kube-api.ts";

const [file = ""] = process.argv.slice(2);
const log = makeLog("kube-api");

async function readConfig(): Promise<KubeConfig> {
  const text = await readFile(file, "utf8").catch((cause: unknown) => {
    throw new Failure("ConfigInvalid", "the configuration can not be read", { where: file, cause });
  });
  const parsed = kubeConfigSchema.safeParse(parseJson(text));
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new Failure("ConfigInvalid", `the configuration is wrong: ${issue?.message ?? "unknown"}`, {
    where: file,
    field: issue?.path.join(".") ?? "",
  });
}

async function main(): Promise<void> {
  const config = await readConfig();
  const running = await runKubeApi(config, (thrown) => {
    log.error("a request failed by our own fault", {
      error: thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown),
    });
  });
  log.info("ready", { url: running.url });
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
