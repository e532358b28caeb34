/** The process of a region's gateway: one configuration file, one line when it is ready, ended by SIGTERM. */
import { readFile } from "node:fs/promises";
import { makeLog } from "../../../adapters/log.ts";
import { Failure } from "../../../core/kernel/failure.ts";
import { parseJson } from "../../../core/kernel/json.ts";
import { type GatewayConfig, gatewayConfigSchema } from "./gateway-config.ts";
import { runGateway } from "./run-gateway.ts";

const [file = ""] = process.argv.slice(2);
const log = makeLog("kube-gateway");

async function readConfig(): Promise<GatewayConfig> {
  const text = await readFile(file, "utf8").catch((cause: unknown) => {
    throw new Failure("ConfigInvalid", "the configuration can not be read", { where: file, cause });
  });
  const parsed = gatewayConfigSchema.safeParse(parseJson(text));
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new Failure("ConfigInvalid", `the configuration is wrong: ${issue?.message ?? "unknown"}`, {
    where: file,
    field: issue?.path.join(".") ?? "",
  });
}

async function main(): Promise<void> {
  const config = await readConfig();
  const running = await runGateway(config, (thrown) => {
    log.error("a round failed by our own fault", {
      error: thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown),
    });
  });
  const end = (): void => {
    // What fails now is said by the exit code.
    void running.close().then(
      () => process.exit(0),
      () => process.exit(1),
    );
  };
  process.once("SIGTERM", end);
  process.once("SIGINT", end);
  await running.ready;
  log.info("ready", { cluster: config.cluster, address: config.address });
}

main().catch((thrown: unknown) => {
  const failure = Failure.from(thrown, file);
  log.error(failure.message, { failure: failure.toJson() });
  process.exit(failure.facts.exitCode);
});
