/** How a region's PostgreSQL is started and stopped by its keeper, and how it is fenced without anybody's help. */
import { dirname } from "node:path";
import { programFile } from "../daemon/program-file.ts";
import type { RegionLayout } from "./layout.ts";
import type { ProgramName } from "./programs.ts";

/** Arguments of programs, by their absolute paths. */
export function databaseCommands({ keeperSocket }: RegionLayout, dataFolder: string) {
  const keeper = (order: string): readonly string[] => [
    ...[process.execPath, programFile("keeper-client"), keeperSocket, order],
  ];
  const fence = (mode: string): readonly string[] => [
    ...[process.execPath, programFile("postgres-fence")],
    ...["--data", dataFolder, "--mode", mode],
  ];
  return { start: keeper("start"), stop: keeper("stop"), fence };
}

/** Folder of PostgreSQL's programs. */
export function postgresPrograms(path: (name: ProgramName) => string): string {
  return dirname(path("postgres"));
}
