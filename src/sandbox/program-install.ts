/** Installs Debian's packages of missing programs; nothing is started, nothing of it starts at the next boot. */
import { spawn } from "node:child_process";
import { closeSync, existsSync, openSync, readFileSync } from "node:fs";
import { Failure } from "../core/kernel/failure.ts";
import { forbidCluster } from "./database-policy.ts";
import { lastLines } from "./log-file.ts";
import { runProgram } from "./run-program.ts";
import { forbidServices } from "./service-policy.ts";

export type InstallOptions = {
  /** File that takes apt's words. */
  readonly log: string;
  readonly progress: (line: string) => void;
  readonly signal: AbortSignal;
};

/** Why packages can not be installed here, or undefined when they can. */
export function installObstacle(): string | undefined {
  if (process.platform !== "linux" || !existsSync("/usr/bin/apt-get"))
    return "this is not Debian or Ubuntu";
  if (process.getuid?.() !== 0) return "this needs root";
  return undefined;
}

/** Installs them all or fails with ProcessFailed naming the log. */
export async function installPackages(
  packages: readonly string[],
  options: InstallOptions,
): Promise<void> {
  const { progress } = options;
  const before = await installedPackages();
  const allow = await forbidServices();
  const allowCluster = packages.some((name) => name.startsWith("postgresql"))
    ? await forbidCluster()
    : undefined;
  try {
    progress("reading the package lists (apt-get update) …");
    await apt(["update"], options).catch((thrown: unknown) => {
      if (options.signal.aborted) throw thrown;
      // One source of several may be out of reach; whether that matters shows in the next step.
      progress("not all of them could be read; going on with what is here");
    });
    progress(`installing ${packages.join(" ")} …`);
    await apt(["install", "-y", "--no-install-recommends", ...packages], options);
    const added = packages.filter((name) => !before.has(name));
    await disableServices(added, options);
  } finally {
    await allowCluster?.();
    await allow();
  }
}

async function installedPackages(): Promise<ReadonlySet<string>> {
  const { output } = await runProgram("/usr/bin/dpkg-query", [
    "--show",
    // biome-ignore lint/suspicious/noTemplateCurlyInString: these are dpkg-query's own placeholders.
    "--showformat=${Package} ${db:Status-Status}\\n",
  ]);
  const names = output.split("\n").filter((line) => line.endsWith(" installed"));
  return new Set(names.map((line) => line.split(" ")[0] ?? ""));
}

/** apt waits for another apt, and asks nobody anything. */
function apt(args: readonly string[], { log, signal }: InstallOptions): Promise<void> {
  const file = openSync(log, "a", 0o600);
  return new Promise((resolve, reject) => {
    // In a session of its own: Ctrl-C ends it by our signal, after dpkg finished what it had begun.
    const child = spawn("apt-get", ["-q", "-o", "DPkg::Lock::Timeout=300", ...args], {
      stdio: ["ignore", file, file],
      detached: true,
      env: { ...process.env, DEBIAN_FRONTEND: "noninteractive", LC_ALL: "C.UTF-8" },
    });
    closeSync(file);
    const abort = (): void => void child.kill("SIGINT");
    signal.addEventListener("abort", abort, { once: true });
    child.once("error", (cause) => reject(Failure.from(cause, "apt-get")));
    child.once("close", (code) => {
      signal.removeEventListener("abort", abort);
      if (signal.aborted) reject(new Failure("Cancelled", "The installation was cancelled."));
      else if (code === 0) resolve();
      else reject(installFailed(args, log));
    });
  });
}

function installFailed(args: readonly string[], log: string): Failure {
  return new Failure(
    "ProcessFailed",
    `apt-get ${args[0] ?? ""} failed; its last words:\n${lastLines(log, 5)}\n`,
    { where: log, remedy: "Read the whole log, mend what it names, and run this again." },
  );
}

/** Units and init scripts of packages that we added; servers that were here before are not touched. */
async function disableServices(
  packages: readonly string[],
  { progress, log }: InstallOptions,
): Promise<void> {
  if (packages.length === 0) return;
  const { output } = await runProgram("/usr/bin/dpkg", ["--listfiles", ...packages]);
  const services = servicesOf(output);
  if (services.units.length + services.scripts.length === 0) return;
  const all = [...new Set([...services.units, ...services.scripts])];
  progress(`keeping ${all.join(", ")} from running as system services …`);
  const tool = (...paths: string[]): string | undefined => paths.find((path) => existsSync(path));
  const helper = tool("/usr/bin/deb-systemd-helper");
  const systemctl = tool("/usr/bin/systemctl", "/bin/systemctl");
  const updateRc = tool("/usr/sbin/update-rc.d");
  const commands: (readonly [string, ...string[]])[] = [];
  // Init scripts first: update-rc.d writes the units' links too, and the last word is systemd's.
  if (updateRc !== undefined)
    for (const script of services.scripts) commands.push([updateRc, script, "disable"]);
  for (const unit of services.units) {
    if (helper !== undefined) commands.push([helper, "disable", unit]);
    if (systemctl !== undefined) commands.push([systemctl, "disable", unit]);
    if (systemctl !== undefined && existsSync("/run/systemd/system"))
      commands.push([systemctl, "stop", unit]);
  }
  for (const [command, ...args] of commands) {
    const { exitCode, errors } = await runProgram(command, args, {
      // The helper keeps the state that an upgrade of the package respects; it wants to be told of whose.
      env: { ...process.env, DPKG_MAINTSCRIPT_PACKAGE: packages[0] },
    });
    if (exitCode !== 0) progress(`  ${command} ${args.join(" ")}: ${errors.trim()} (see ${log})`);
  }
}

/** Names of systemd units and init scripts among the files of packages. */
export function servicesOf(files: string): {
  readonly units: readonly string[];
  readonly scripts: readonly string[];
} {
  const matches = (pattern: RegExp): readonly string[] => [
    ...new Set([...files.matchAll(pattern)].map((match) => match[1] ?? "")),
  ];
  return {
    // A unit such as pdns@.service is a pattern; only what is made from it can run.
    units: matches(/^\/(?:usr\/)?lib\/systemd\/system\/([^/@\n]+\.(?:service|socket|timer))$/gm),
    scripts: matches(/^\/etc\/init\.d\/([^/\n]+)$/gm),
  };
}

/** `Debian GNU/Linux 12 (bookworm)`, for messages. */
export function systemName(): string {
  try {
    return (
      /^PRETTY_NAME="?([^"\n]+)/m.exec(readFileSync("/etc/os-release", "utf8"))?.[1] ?? "Linux"
    );
  } catch {
    return process.platform;
  }
}
