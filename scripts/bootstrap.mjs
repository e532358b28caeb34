#!/usr/bin/env node
// What `npm run up`, `npm run down`, `npm run check` and `npm test` run. It must work in an empty clone, before
// `npm ci`, on Node 20: hence plain JavaScript without a dependency. Everything else is TypeScript in src.
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { bundle } from "./bundle.mjs";
import { atOnce, node, programMissing, root, run } from "./run.mjs";

const program = "dist/program/sovereign.js";

function checkNode() {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  if (major > 20 || (major === 20 && minor >= 20)) return 0;
  console.error(
    `error Sovereign needs Node 20.20 or newer; this is ${process.versions.node} (${process.execPath})`,
  );
  console.error(
    "      Install it from nodejs.org or by your version manager, then run the same command again.",
  );
  return programMissing;
}

/** npm's packages, installed when the lock file is not the one that was installed last. */
async function installPackages() {
  const lock = createHash("sha256")
    .update(readFileSync(join(root, "package-lock.json")))
    .digest("hex");
  const stamp = join(root, "node_modules", ".sovereign-lock");
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === lock) return 0;
  console.error("installing npm packages (npm ci) …");
  const code = await run(
    "npm",
    ["ci", "--include=dev", "--no-audit", "--no-fund", "--loglevel=error"],
    {
      stdio: ["ignore", "ignore", "inherit"],
    },
  );
  if (code !== 0) {
    console.error("error npm ci failed; the lines above say why");
    return code;
  }
  mkdirSync(dirname(stamp), { recursive: true });
  writeFileSync(stamp, lock);
  return 0;
}

/** Node's version, npm's packages and the built programs; each only when missing or changed. Ends us when it fails. */
export async function prepare() {
  if (!existsSync(join(root, program))) console.error("building Sovereign …");
  const code = checkNode() || (await installPackages()) || (await bundle());
  if (code !== 0) process.exit(code);
}

/** Becomes the program: no process stands between it and whoever sends a signal. */
async function become(args) {
  await prepare();
  const main = join(root, program);
  process.argv = [process.execPath, main, ...args];
  await import(pathToFileURL(main).href);
}

/** Runs `body`, which is given how to start Vitest, and closes with a line that counts tests. */
async function gate(body) {
  const folder = mkdtempSync(join(tmpdir(), "sovereign-gate-"));
  const counts = join(folder, "counts.json");
  const reporters = ["--reporter=default", `--reporter=${join(root, "scripts/closing-line.mjs")}`];
  const env = { ...process.env, SOVEREIGN_TEST_COUNTS: counts };
  const tests = (projects, args) => (until) => {
    const chosen = projects.flatMap((name) => ["--project", name]);
    const all = ["run", ...reporters, ...chosen, ...args];
    return node("node_modules/vitest/vitest.mjs", all, { env, until });
  };
  try {
    const code = checkNode() || (await installPackages()) || (await body(tests));
    const { passed, failed } = existsSync(counts)
      ? JSON.parse(readFileSync(counts, "utf8"))
      : { passed: 0, failed: 0 };
    // A step that failed before any test, or beside all of them, is a failure too.
    console.log(`\n${passed} passed, ${code !== 0 && failed === 0 ? 1 : failed} failed`);
    return code;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const types = (until) => node("node_modules/typescript/bin/tsc", ["-b"], { quiet: true, until });
const lint = (until) => {
  const args = ["check", "--error-on-warnings"];
  return node("node_modules/@biomejs/biome/bin/biome", args, { quiet: true, until });
};
const programs = () => node(program, ["programs", "--install", "--for", "test"]);

const fast = ["unit", "sim"];

const steps = {
  up: (args) => become(["up", "--install", ...args]),
  down: (args) => become(["down", ...args]),
  build: async () => {
    process.exitCode = checkNode() || (await installPackages()) || (await atOnce([types, bundle]));
  },
  // Nothing here needs what another makes, and each leaves a core idle at times.
  check: async (args) => {
    process.exitCode = await gate((tests) => atOnce([types, lint, bundle, tests(fast, args)]));
  },
  test: async (args) => {
    const projects = [...fast, "mutants", "integration", "alone"];
    process.exitCode = await gate(
      async (tests) =>
        (await atOnce([types, lint, bundle])) || (await programs()) || tests(projects, args)(),
    );
  },
};

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const [name = "", ...args] = process.argv.slice(2);
  const step = steps[name];
  if (step === undefined) {
    console.error(`error unknown step "${name}"; there are: ${Object.keys(steps).join(", ")}`);
    process.exit(2);
  }
  await step(args);
}
