/** The files of the checkout as git sees them: tracked, and new ones that are not ignored. */
import { execFileSync } from "node:child_process";
import { lstatSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { TextFile } from "./finding.ts";

/** Root of the checkout, without a closing slash. */
export const root = fileURLToPath(new URL("../..", import.meta.url)).replace(/\/$/, "");

/** Every text file of the checkout, sorted by path; binary files are left out. */
export function readTree(): readonly TextFile[] {
  // `safe.directory`: in a container the checkout often belongs to another user than the one who tests.
  const listed = execFileSync(
    "git",
    ["-c", "safe.directory=*", "ls-files", "-co", "--exclude-standard", "-z"],
    { cwd: root, encoding: "utf8", maxBuffer: 64 * 1024 * 1024 },
  );
  return [...new Set(listed.split("\0"))]
    .filter((path) => path !== "" && isFile(path))
    .sort()
    .map((path) => ({ path, text: readFileSync(join(root, path), "utf8") }))
    .filter((file) => !file.text.includes("\0"));
}

/** A file that git lists may be deleted meanwhile, and a link may lead to a folder; neither has text. */
function isFile(path: string): boolean {
  return lstatSync(join(root, path), { throwIfNoEntry: false })?.isFile() === true;
}

/** One file of the checkout by its path. */
export function readRootFile(path: string): TextFile {
  return { path, text: readFileSync(join(root, path), "utf8") };
}
