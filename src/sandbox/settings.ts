/** What a sandbox is started with, parsed from the command line and kept in `<state>/sandbox.json`. */
import { readFile, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { z } from "zod";
import { parseDurationMs } from "../core/kernel/duration.ts";
import { Failure } from "../core/kernel/failure.ts";
import { longestSocketPath, type SandboxNetwork, sandboxNetworks } from "./layout.ts";

const settingsSchema = z.strictObject({
  base: z.string().regex(/^127\.[0-9]{1,3}$/),
  probeIntervalMs: z.int().min(1_000),
  ttlSeconds: z.int().min(1),
  // State folders of before had proxies.
  network: z.enum(sandboxNetworks).default("proxy"),
});

export type SandboxSettings = z.infer<typeof settingsSchema>;

export type SettingsText = {
  readonly base: string;
  readonly probeInterval: string;
  readonly ttl: string;
  /** Probes each second and records of one second, whatever else is said. */
  readonly fast: boolean;
  /** By default proxies, which anybody may have. */
  readonly network?: SandboxNetwork;
};

/** The settings of a command line; fails with UsageInvalid naming the option. */
export function parseSettings(text: SettingsText): SandboxSettings {
  const second = /^127\.(0|[1-9][0-9]{0,2})$/.exec(text.base)?.[1];
  if (second === undefined || Number(second) > 255) {
    throw new Failure(
      "UsageInvalid",
      `"${text.base}" is not the first half of a loopback address.`,
      {
        field: "--base",
        remedy: "Give 127 and a number from 0 to 255, such as --base 127.10.",
      },
    );
  }
  if (Number(second) === 0 && (text.network ?? "proxy") !== "proxy") {
    throw new Failure(
      "UsageInvalid",
      "127.0 is this machine's own: its resolver may listen there.",
      {
        field: "--base",
        remedy: "Give another number with --network, such as --base 127.10.",
      },
    );
  }
  return {
    base: text.base,
    network: text.network ?? "proxy",
    probeIntervalMs: text.fast ? 1_000 : wholeSecondsMs(text.probeInterval, "--probe-interval"),
    ttlSeconds: text.fast ? 1 : wholeSecondsMs(text.ttl, "--ttl") / 1_000,
  };
}

/** PowerDNS counts probe intervals and TTLs in whole seconds. */
function wholeSecondsMs(text: string, option: string): number {
  const ms = parseDurationMs(text);
  if (ms === undefined || ms % 1_000 !== 0 || ms < 1_000 || ms > 3_600_000) {
    throw new Failure("UsageInvalid", `"${text}" is not a whole number of seconds from 1s to 1h.`, {
      field: option,
      remedy: `Give a duration such as ${option} 5s.`,
    });
  }
  return ms;
}

/** The absolute state folder; refuses one whose socket's path would be longer than the kernel allows. */
export function stateFolder(path: string): string {
  const state = resolve(path);
  const lengthMax = 100 - longestSocketPath.length;
  if (Buffer.byteLength(state) > lengthMax) {
    throw new Failure(
      "UsageInvalid",
      `The path of the state folder has ${Buffer.byteLength(state)} bytes; a unix socket in it allows ${lengthMax}.`,
      { where: state, field: "--state", remedy: "Choose a folder with a shorter path." },
    );
  }
  return state;
}

/** Settings that the state folder was last used with, or undefined when it is new. */
export async function readSettings(state: string): Promise<SandboxSettings | undefined> {
  const file = settingsFile(state);
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === "ENOENT") return undefined; // Thrown by node:fs.
    throw Failure.from(thrown, file);
  }
  try {
    return settingsSchema.parse(JSON.parse(text));
  } catch (thrown) {
    throw new Failure("ConfigInvalid", "The settings of this state folder can not be read.", {
      where: file,
      remedy: "Start with --fresh to throw the old state away.",
      cause: thrown,
    });
  }
}

export async function writeSettings(state: string, settings: SandboxSettings): Promise<void> {
  await writeFile(settingsFile(state), `${JSON.stringify(settings, undefined, 2)}\n`);
}

function settingsFile(state: string): string {
  return join(state, "sandbox.json");
}
