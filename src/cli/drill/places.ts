/** Where drills find the sandbox and keep their reports, and how paths are shown. */
import { relative, resolve } from "node:path";
import type { Command } from "commander";
import { sandboxLayout } from "../../sandbox/layout.ts";
import { stateFolder } from "../../sandbox/settings.ts";

export type Places = { readonly state: string; readonly report?: string };

/** The options that every drill has. */
export function withPlaces(command: Command): Command {
  return command
    .option("--state <folder>", "state folder of the sandbox", ".sovereign")
    .option("--report <folder>", "folder of the reports (default: reports in the state folder)");
}

export function reportsFolder({ state, report }: Places): string {
  return report ?? sandboxLayout(stateFolder(state)).reports;
}

/** A path as one would type it here: relative below the present folder, absolute elsewhere. */
export function shownPath(path: string): string {
  const here = relative(process.cwd(), path);
  return here.startsWith("..") ? resolve(path) : here;
}
