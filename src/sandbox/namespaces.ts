/**
 * The sandbox's network namespaces (network_namespaces(7), ADR 40), held by open files of this process and of nobody else: nothing is
 * mounted below /run/netns, so they end with this process and those that it started in them, in whatever way that happens.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { Failure } from "../core/kernel/failure.ts";
import { machineLink, type Namespace, namespacePlan, namespaces } from "./namespace-plan.ts";
import { programOutput, runProgram } from "./run-program.ts";

export type NamespacePrograms = {
  readonly ip: string;
  readonly nsenter: string;
  readonly unshare: string;
};

/** Of our first rule. Each has its own, since the kernel takes a rule that says less for another one that says more (fib_rules.c). */
const firstPreference = 1_000;
const makeLimitMs = 10_000;

/** Says that it is there, and stays until its input ends. */
const holding = "echo there; read -r nothing";
/** Writes its arguments to sysctl, then has `ip` do what comes in. */
const applying = `for setting in "$@"; do
  echo "\${setting#*=}" > "/proc/sys/net/ipv4/\${setting%%=*}" || exit 1
done
exec "$0" -batch -`;

export class Namespaces {
  readonly #base: string;
  readonly #programs: NamespacePrograms;
  readonly #files = new Map<Namespace, number>();
  #hasLink: boolean = false;
  /** The selectors of what is lost, with their preferences. */
  #rules: ReadonlyMap<string, number> = new Map();

  private constructor(base: string, programs: NamespacePrograms) {
    this.#base = base;
    this.#programs = programs;
  }

  /** Makes and joins them; fails with ProcessFailed and the kernel's words, and leaves nothing then. */
  static async make(base: string, programs: NamespacePrograms): Promise<Namespaces> {
    const made = new Namespaces(base, programs);
    try {
      for (const name of namespaces) made.#files.set(name, await made.#open());
      for (const step of namespacePlan(base, (name) => made.#fileOf(name))) {
        const settings = step.settings.map(([name, value]) => `${name}=${value}`);
        await made.#apply(step.in, settings, step.commands);
        // Not before: it may be another sandbox's that was there first.
        if (step.in === "machine") made.#hasLink = true;
      }
    } catch (thrown) {
      await made.close();
      throw thrown;
    }
    return made;
  }

  /** What stands before a command that is to run in this namespace; it becomes the command, so its pid and what ties it to us stay. */
  enter(name: Namespace): readonly string[] {
    return [this.#programs.nsenter, `--net=${this.#fileOf(name)}`, "--"];
  }

  /**
   * Loses the packets that these selectors of ip-rule(8) name, and no others, from now on; new ones are lost before old ones pass again.
   * When it fails, what was lost before is still lost, and nothing more.
   */
  async cut(rules: readonly string[]): Promise<void> {
    const before = this.#rules;
    const after = new Map([...before].filter(([rule]) => rules.includes(rule)));
    const added: string[] = [];
    let preference = firstPreference;
    for (const rule of rules.filter((one) => !before.has(one))) {
      while (new Set([...before.values(), ...after.values()]).has(preference)) preference += 1;
      after.set(rule, preference);
      added.push(`rule add preference ${preference} ${rule} blackhole`);
    }
    const deletion = (rule: string): string => `rule delete preference ${before.get(rule) ?? 0}`;
    const removed = [...before.keys()].filter((rule) => !after.has(rule));
    await this.#apply("router", [], added).catch(async (thrown: unknown) => {
      await this.#undo(added);
      throw thrown;
    });
    this.#rules = new Map([...before, ...after]);
    await this.#apply("router", [], removed.map(deletion));
    this.#rules = after;
  }

  /** Takes the machine's link away and lets go of them; they are gone when the last process in them has ended. */
  async close(): Promise<void> {
    // It would go by itself a moment later; whatever deleting it fails with, it does.
    if (this.#hasLink)
      await runProgram(this.#programs.ip, ["link", "delete", machineLink(this.#base)]).catch(
        () => undefined,
      );
    for (const file of this.#files.values()) closeSync(file);
    this.#files.clear();
  }

  /** Takes back as many of these as were added. */
  async #undo(added: readonly string[]): Promise<void> {
    const [program = "", ...enter] = this.enter("router");
    const input = added.map((line) => `${line.replace("rule add", "rule delete")}\n`).join("");
    await runProgram(program, [...enter, this.#programs.ip, "-force", "-batch", "-"], { input });
  }

  #fileOf(name: Namespace): string {
    const file = this.#files.get(name);
    if (file === undefined) throw new Failure("NotRunning", `The namespace ${name} is not there.`);
    return `/proc/${process.pid}/fd/${file}`;
  }

  /** A new namespace, as an open file. */
  async #open(): Promise<number> {
    const child = spawn(this.#programs.unshare, ["--net", "--", "/bin/sh", "-c", holding], {
      stdio: ["pipe", "pipe", "pipe"],
    });
    try {
      await isThere(child);
      return openSync(`/proc/${child.pid ?? 0}/ns/net`, "r");
    } finally {
      child.stdin.end();
    }
  }

  async #apply(
    where: Namespace | "machine",
    settings: readonly string[],
    commands: readonly string[],
  ): Promise<void> {
    if (settings.length + commands.length === 0) return;
    const { ip } = this.#programs;
    const [program = "", ...enter] = where === "machine" ? [] : this.enter(where);
    const shell = ["-c", applying, ip, ...settings];
    const [path, args] =
      where === "machine" ? ["/bin/sh", shell] : [program, [...enter, "/bin/sh", ...shell]];
    const input = commands.map((command) => `${command}\n`).join("");
    await programOutput(path, args, { input });
  }
}

/** Resolves when it said so; fails with ProcessFailed and its words when it ended, or took too long. */
function isThere(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let words = "";
    const fail = (why: string): void =>
      reject(
        new Failure("ProcessFailed", `A network namespace can not be made: ${why}`, {
          field: "--network",
          remedy: "Start with --network proxy, which needs no rights.",
        }),
      );
    const late = setTimeout(() => {
      child.kill("SIGKILL");
      fail("it took too long");
    }, makeLimitMs);
    child.stdin?.on("error", () => undefined); // Its end is told below.
    child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      words += text;
    });
    child.stdout?.once("data", () => {
      clearTimeout(late);
      resolve();
    });
    child.once("error", (thrown) => {
      clearTimeout(late);
      fail(thrown.message);
    });
    child.once("close", () => {
      clearTimeout(late);
      fail(words.trim() || "it ended");
    });
  });
}
