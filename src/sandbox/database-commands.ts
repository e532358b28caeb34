/** How a region's PostgreSQL is started and stopped by its keeper, and how it is fenced without anybody's help. */
import { dirname } from "node:path";
import { compiledApp, compiledDaemon } from "./compiled.ts";
import type { RegionLayout } from "./layout.ts";
import type { ProgramName } from "./programs.ts";

/** Arguments of programs, by their absolute paths. */
export function databaseCommands({ keeperSocket }: RegionLayout, dataFolder: string) {
  const keeper = (order: string): readonly string[] => [
    ...[process.execPath, compiledApp("keeper-client"), keeperSocket, order],
  ];
  const fence = (mode: string): readonly string[] => [
    ...[process.execPath, compiledDaemon("postgres-fence/main")],
    ...["--data", dataFolder, "--mode", mode],
  ];
  return { start: keeper("start"), stop: keeper("stop"), fence };
}

/** Folder of PostgreSQL's programs. */
export function postgresPrograms(path: (name: ProgramName) => string): string {
  return dirname(path("postgres"));
}
