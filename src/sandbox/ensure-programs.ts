/** Installs what is missing where that is possible, and says exactly what is missing where it is not. */
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Failure } from "../core/kernel/failure.ts";
import { installObstacle, installPackages, systemName } from "./program-install.ts";
import {
  findProgram,
  missingOf,
  neededPrograms,
  type Purpose,
  programsMissing,
} from "./programs.ts";

/**
 * Returns once every program of `purpose` is there; fails with ProgramMissing otherwise.
 * A program whose variable points at the wrong place is never installed: the user decided where it is.
 */
export async function ensurePrograms(
  purpose: Purpose,
  options: { readonly progress: (line: string) => void; readonly signal: AbortSignal },
): Promise<void> {
  const search = () => neededPrograms(purpose).map((program) => findProgram(program, process.env));
  const absent = search().filter((found) => found.path === undefined && !found.pointed);
  if (absent.length > 0 && installObstacle() === undefined) {
    const log = join(mkdtempSync(join(tmpdir(), "sovereign-install-")), "apt.log");
    const packages = [...new Set(absent.flatMap((found) => found.program.package.split(" ")))];
    await installPackages(packages, { ...options, log }).catch((thrown: unknown) => {
      const failure = Failure.from(thrown, log);
      // What may be missing stops nobody; what must be there is named below, with what the installation said.
      if (failure.code === "Cancelled" || missingOf(search(), purpose).length > 0) throw failure;
      options.progress(`${failure.message} What is missing is needed by single commands only.`);
    });
  }
  const missing = missingOf(search(), purpose);
  if (missing.length === 0) return;
  const failure = programsMissing(missing);
  const obstacle = installObstacle();
  if (obstacle === undefined || missing.every((found) => found.pointed)) throw failure;
  throw new Failure(
    "ProgramMissing",
    `${failure.message}      They are not installed by this command because ${obstacle} (${systemName()}).`,
    { remedy: failure.remedy },
  );
}
