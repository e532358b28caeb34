/** Which control configuration a command means when none is named: the environment's, or that of a sandbox here. */
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { Failure } from "../core/kernel/failure.ts";

export const configOption = "-c, --config <file>";
export const configHelp =
  "configuration of this region's control process (default: $SOVEREIGN_CONFIG, else that of the sandbox in .sovereign)";

/** The path that was named, or the one that is meant. Fails with ConfigInvalid when there is none. */
export function controlConfigPath(
  named: string | undefined,
  env: Readonly<Record<string, string | undefined>> = process.env,
  folder = process.cwd(),
): string {
  const given = named ?? env["SOVEREIGN_CONFIG"];
  if (given !== undefined && given !== "") return given;
  const regions = join(folder, ".sovereign", "regions");
  const clusters = existsSync(regions) ? readdirSync(regions).sort() : [];
  for (const cluster of clusters) {
    const path = join(regions, cluster, "control.yaml");
    if (existsSync(path)) return path;
  }
  throw new Failure(
    "ConfigInvalid",
    "no control configuration is named and there is no sandbox here",
    {
      field: "--config",
      remedy:
        "Name one with --config <file> or SOVEREIGN_CONFIG, or start a sandbox with `npm run up`.",
    },
  );
}
