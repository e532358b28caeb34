#!/usr/bin/env node
// What `npm run up`, `npm run down`, `npm run check` and `npm test` run. It must work in an empty clone, before
// `npm ci`, on Node 20: hence plain JavaScript without a dependency. Everything else is TypeScript in src.
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { constants, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const programMissing = 15;

/**
 * Runs a command in the checkout, its output shown, and gives its exit code. A signal that asks us to end is passed
 * on, and we wait: whoever runs it has ended in order when we do.
 */
function run(command, args, options = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd: root, stdio: "inherit", ...options });
    const names = ["SIGINT", "SIGTERM", "SIGHUP"];
    const pass = (name) => child.kill(name);
    for (const name of names) process.on(name, pass);
    const end = (code) => {
      for (const name of names) process.removeListener(name, pass);
      resolve(code);
    };
    child.once("error", (error) => {
      console.error(`error ${command} can not be started: ${error.message}`);
      end(programMissing);
    });
    child.once("close", (code, signal) =>
      end(signal === null ? (code ?? 1) : 128 + (constants.signals[signal] ?? 0)),
    );
  });
}

const node = (script, args, options) =>
  run(process.execPath, [join(root, script), ...args], options);

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

/** What Vite bundles: its configuration, one of its results, and all that this is made of. */
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
];

/** The witness's bundle and the console, each when what it is made of is newer. */
async function bundle() {
  for (const { config, built, folders } of bundles) {
    const made = statSync(join(root, built), { throwIfNoEntry: false });
    const files = folders.flatMap((folder) =>
      readdirSync(join(root, folder), { recursive: true }).map((name) => join(folder, name)),
    );
    const changed = [...files, config, "package-lock.json"].map(
      (name) => statSync(join(root, name)).mtimeMs,
    );
    if (made !== undefined && Math.max(...changed) < made.mtimeMs) continue;
    const code = await node("node_modules/vite/bin/vite.js", ["build", "--config", config]);
    if (code !== 0) return code;
  }
  return 0;
}

/** Node's version, npm's packages and the compiled program with the witness's bundle and the console; each only when missing or changed. Ends us when it fails. */
export async function prepare(projects = ["src/cli"]) {
  if (!existsSync(join(root, "dist/cli/main.js"))) console.error("building Sovereign …");
  const code =
    checkNode() ||
    (await installPackages()) ||
    (await node("node_modules/typescript/bin/tsc", ["-b", ...projects])) ||
    (await bundle());
  if (code !== 0) process.exit(code);
}

/** Becomes the program: no process stands between it and whoever sends a signal. */
async function become(args) {
  await prepare();
  const main = join(root, "dist/cli/main.js");
  process.argv = [process.execPath, main, ...args];
  await import(pathToFileURL(main).href);
}

/** Types, lint and tests in turn, ending at the first that fails; the last line counts tests. */
async function gate(steps, vitestArgs) {
  const folder = mkdtempSync(join(tmpdir(), "sovereign-gate-"));
  const counts = join(folder, "counts.json");
  try {
    let code = checkNode() || (await installPackages());
    for (const step of steps) code ||= await step();
    const reporters = [
      "--reporter=default",
      `--reporter=${join(root, "scripts/closing-line.mjs")}`,
    ];
    code ||= await node("node_modules/vitest/vitest.mjs", ["run", ...reporters, ...vitestArgs], {
      env: { ...process.env, SOVEREIGN_TEST_COUNTS: counts },
    });
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

const types = () => node("node_modules/typescript/bin/tsc", ["-b"]);
const lint = () => node("node_modules/@biomejs/biome/bin/biome", ["check", "--error-on-warnings"]);
const programs = () => node("dist/cli/main.js", ["programs", "--install", "--for", "test"]);
const projectArgs = (...names) => names.flatMap((name) => ["--project", name]);

const steps = {
  up: (args) => become(["up", "--install", ...args]),
  down: (args) => become(["down", ...args]),
  check: async (args) => {
    process.exitCode = await gate([types, bundle, lint], [...projectArgs("unit", "sim"), ...args]);
  },
  test: async (args) => {
    const projects = projectArgs("unit", "sim", "mutants", "integration", "alone");
    process.exitCode = await gate([types, bundle, lint, programs], [...projects, ...args]);
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
