// What Vite bundles: the witness, the console and the programs, each when what it is made of is newer.
import { readdirSync, rmSync, statSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { node, root } from "./run.mjs";

const ours = ["core", "control", "sim", "adapters", "daemon", "sandbox", "cli"];

/** Its configuration, one of its results, and the folders that it is made of. */
const bundles = [
  {
    config: "vite.worker.ts",
    built: "dist/worker/witness.js",
    folders: ["src/worker", "src/core/lease", "src/core/kernel"],
  },
  {
    config: "vite.console.ts",
    built: "dist/console/page.html",
    folders: ["src/console", "src/core/view"],
  },
  {
    config: "vite.program.ts",
    built: "dist/program/sovereign.js",
    folders: ours.map((layer) => join("src", layer)),
  },
];

/** Builds what is missing or older than its sources; the exit code of what failed, or 0. */
export async function bundle(until) {
  for (const { config, built, folders } of bundles) {
    const made = statSync(join(root, built), { throwIfNoEntry: false });
    if (made !== undefined && newestMs([config, "package-lock.json"], folders) < made.mtimeMs)
      continue;
    const startedAt = new Date();
    const code = await node("node_modules/vite/bin/vite.js", ["build", "--config", config], {
      until,
    });
    if (code !== 0) {
      // Half of what it makes is nothing; it would count as built by its date.
      rmSync(join(root, built), { force: true });
      return code;
    }
    // What is changed while it is built is newer than it.
    utimesSync(join(root, built), startedAt, startedAt);
  }
  return 0;
}

function newestMs(files, folders) {
  const sources = folders.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true })
      .filter((name) => !name.endsWith(".test.ts"))
      .map((name) => join(folder, name)),
  );
  return Math.max(...[...files, ...sources].map((name) => statSync(join(root, name)).mtimeMs));
}

/** Vitest calls it before tests that start programs, so that what is tested is what is written. */
export async function setup() {
  if ((await bundle()) !== 0)
    throw new Error("the programs can not be bundled; the lines above say why");
}
