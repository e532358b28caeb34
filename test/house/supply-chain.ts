/** Rules on npm's files: exact versions, no install scripts, no registry's address, engines that accept our Node. */
import type { Finding } from "./finding.ts";

/** The oldest Node that the README promises. */
export const oldestNode = "20.20.0";

export type LockedPackage = {
  readonly version?: string;
  readonly resolved?: string;
  readonly dev?: boolean;
  readonly hasInstallScript?: boolean;
  readonly engines?: Readonly<Record<string, string>>;
};

export type Lockfile = { readonly packages: Readonly<Record<string, LockedPackage>> };

export type PackageJson = {
  readonly scripts?: Readonly<Record<string, string>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  /** Binaries of one platform each; npm installs the one that fits. */
  readonly optionalDependencies?: Readonly<Record<string, string>>;
};

/** Packages with an install script that we know of, and why that is harmless; empty, and better so. */
export const knownInstallScripts: Readonly<Record<string, string>> = {};

const inPackage = (found: string, remedy: string): Finding => ({
  file: "package.json",
  line: 1,
  found,
  remedy,
});
const inLock = (found: string, remedy: string): Finding => ({
  file: "package-lock.json",
  line: 1,
  found,
  remedy,
});

/** All direct dependencies with the versions asked for. */
export function directDependencies(json: PackageJson): readonly (readonly [string, string])[] {
  const { dependencies, devDependencies, optionalDependencies } = json;
  return Object.entries({ ...dependencies, ...devDependencies, ...optionalDependencies });
}

/** Dependencies that are not pinned to one version. */
export function unpinned(json: PackageJson): readonly Finding[] {
  return directDependencies(json)
    .filter(([, version]) => !/^\d+\.\d+\.\d+$/.test(version))
    .map(([name, version]) => inPackage(`${name} "${version}"`, "Write one exact version."));
}

/** Scripts that npm would run by itself while installing. */
export function lifecycleScripts(json: PackageJson): readonly Finding[] {
  const automatic = ["preinstall", "install", "postinstall", "prepare", "prepublish", "prepack"];
  return automatic
    .filter((name) => json.scripts?.[name] !== undefined)
    .map((name) => inPackage(`script "${name}"`, "Do it in scripts/bootstrap.mjs, in the open."));
}

/** Direct dependencies whose locked version is another than the one in package.json. */
export function driftedVersions(json: PackageJson, lock: Lockfile): readonly Finding[] {
  return directDependencies(json).flatMap(([name, version]) => {
    const locked = lock.packages[`node_modules/${name}`]?.version;
    if (locked === version) return [];
    return [inLock(`${name} ${locked ?? "missing"}, not ${version}`, "Run npm install once.")];
  });
}

/** Locked packages that name the registry they came from: the lock file must work with any. */
export function namedRegistries(lock: Lockfile): readonly Finding[] {
  return Object.entries(lock.packages)
    .filter(([, locked]) => locked.resolved !== undefined)
    .map(([path, locked]) =>
      inLock(
        `${path} is resolved from ${locked.resolved}`,
        "Lock with omit-lockfile-registry-resolved=true.",
      ),
    );
}

/** Locked packages that want to run a program when they are installed. */
export function installScripts(
  lock: Lockfile,
  known: Readonly<Record<string, string>>,
): readonly Finding[] {
  return Object.entries(lock.packages)
    .filter(([path, locked]) => locked.hasInstallScript === true && known[path] === undefined)
    .map(([path]) =>
      inLock(`${path} has an install script`, "Find another package, or list it with its reason."),
    );
}

/** Packages we run with (not those we build with) that refuse our oldest Node. */
export function refusingEngines(lock: Lockfile): readonly Finding[] {
  return Object.entries(lock.packages)
    .filter(([path, locked]) => path !== "" && locked.dev !== true)
    .filter(([, locked]) => !acceptsNode(locked.engines?.["node"] ?? "*", oldestNode))
    .map(([path, locked]) =>
      inLock(
        `${path} wants Node ${locked.engines?.["node"]}`,
        `Stay on the newest version that accepts Node ${oldestNode}.`,
      ),
    );
}

/** Settings that .npmrc lacks. */
export function missingSettings(npmrc: string): readonly Finding[] {
  const lines = new Set(npmrc.split("\n").map((line) => line.trim()));
  return ["save-exact=true", "ignore-scripts=true", "allow-git=none"]
    .filter((setting) => !lines.has(setting))
    .map((setting) => ({
      file: ".npmrc",
      line: 1,
      found: `no ${setting}`,
      remedy: "Put the line back.",
    }));
}

const numbersOf = (version: string): readonly number[] =>
  version.split(".").map((part) => (/^\d+$/.test(part) ? Number(part) : 0));

function compare(a: string, b: string): number {
  const [left, right] = [numbersOf(a), numbersOf(b)];
  const place = [0, 1, 2].find((index) => (left[index] ?? 0) !== (right[index] ?? 0));
  return place === undefined ? 0 : (left[place] ?? 0) - (right[place] ?? 0);
}

/** Whether an npm range of `||`, comparators, `^`, `~` and `x` accepts a version; anything else is refused. */
export function acceptsNode(range: string, version: string): boolean {
  return range.split("||").some((alternative) =>
    alternative
      .trim()
      .replace(/([<>=^~])\s+/g, "$1")
      .split(/\s+/)
      .every((comparator) => {
        const match = /^(>=|<=|>|<|=|\^|~)?v?(\*|\d[\dx.*]*)$/.exec(comparator);
        if (match === null) return false;
        const [, sign = "", wanted = ""] = match;
        if (wanted === "*") return true;
        const order = compare(version, wanted);
        const stated = wanted.replace(/\.[x*].*$/, "");
        const places = sign === "^" ? 1 : sign === "~" ? 2 : stated.split(".").length;
        const prefix = (text: string): string => numbersOf(text).slice(0, places).join(".");
        if (sign === ">=") return order >= 0;
        if (sign === "<=") return order <= 0;
        if (sign === ">") return order > 0;
        if (sign === "<") return order < 0;
        const same = prefix(version) === prefix(stated);
        return sign === "^" || sign === "~" ? order >= 0 && same : same;
      }),
  );
}
