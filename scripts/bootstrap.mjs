#!/usr/bin/env node
// What `npm run up`, `npm run down`, `npm run check` and `npm test` run. It must work in an empty clone, before
// `npm ci`, on Node 20: hence plain JavaScript without a dependency. Everything else is TypeScript in src.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** Runs a command in the checkout, its output shown; ends this process with its code when it fails. */
function run(command, args, options = {}) {
  const result = spawnSync(command, args, { cwd: root, stdio: "inherit", ...options });
  if (result.error) {
    console.error(`error ${command} can not be started: ${result.error.message}`);
    process.exit(15);
  }
  return result.status ?? 1;
}

/** Node's version, npm's packages and the compiled program; each only when missing or changed. */
export function prepare() {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  if (major < 20 || (major === 20 && minor < 20)) {
    console.error(
      `error Sovereign needs Node 20.20 or newer; this is ${process.versions.node} (${process.execPath})`,
    );
    console.error(
      "      Debian 12 and others: see the installation page of nodejs.org, or your version manager.",
    );
    process.exit(15);
  }
  const lock = createHash("sha256")
    .update(readFileSync(join(root, "package-lock.json")))
    .digest("hex");
  const stamp = join(root, "node_modules", ".sovereign-lock");
  if (!existsSync(stamp) || readFileSync(stamp, "utf8") !== lock) {
    console.error("installing npm packages (npm ci) …");
    const code = run("npm", ["ci", "--no-audit", "--no-fund", "--loglevel=error"], {
      stdio: ["ignore", "ignore", "inherit"],
    });
    if (code !== 0) process.exit(code);
    mkdirSync(dirname(stamp), { recursive: true });
    writeFileSync(stamp, lock);
  }
  const code = run(process.execPath, [join(root, "node_modules/typescript/bin/tsc"), "-b"]);
  if (code !== 0) process.exit(code);
}

/** The program with its arguments; the code it ended with. */
function sovereign(args) {
  return run(process.execPath, [join(root, "dist/cli/main.js"), ...args]);
}

const steps = {
  up: (args) => sovereign(["up", ...args]),
  down: (args) => sovereign(["down", ...args]),
  check: () => gate(["unit", "sim"]),
  test: () => sovereign(["programs", "--install"]) || gate(["unit", "sim", "integration"]),
};

/** Lint and the named test projects; types were checked by `prepare`. */
function gate(projects) {
  return (
    run(process.execPath, [
      join(root, "node_modules/@biomejs/biome/bin/biome"),
      "check",
      "--error-on-warnings",
    ]) ||
    run(process.execPath, [
      join(root, "node_modules/vitest/vitest.mjs"),
      "run",
      ...projects.flatMap((p) => ["--project", p]),
    ])
  );
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const [name = "", ...args] = process.argv.slice(2);
  const step = steps[name];
  if (step === undefined) {
    console.error(`error unknown step "${name}"; there are: ${Object.keys(steps).join(", ")}`);
    process.exit(2);
  }
  prepare();
  process.exit(step(args));
}
