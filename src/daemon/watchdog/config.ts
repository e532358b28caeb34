/** The watchdog's configuration: a JSON file, parsed here without any library, because the watchdog has none. */
import { sha256 } from "../../adapters/journal/sha256.ts";
import { Failure } from "../../core/kernel/failure.ts";
import { canonicalJson } from "../../core/kernel/json.ts";
import type { FenceConfig, FenceStep } from "./fence-action.ts";

export type WatchdogConfig = {
  /** Its folder, for it and its agent alone: the socket, the lock and the log lie there. */
  readonly folder: string;
  readonly fence: FenceConfig;
  /** Pause between a fence that was not confirmed and the next. */
  readonly retryMs: number;
  /** Longest time between two looks at the clocks; deadlines are met exactly. */
  readonly tickMs: number;
  /** A jump of the clocks from here on fences. */
  readonly gapNoticeMs: number;
  /** The TTL of the group's lease: no tenure ends later than that from now. */
  readonly longestTenureMs: number;
  /** Where Linux says how long the machine is up, standstill included. */
  readonly uptimeFile: string;
};

/** Longest path of a socket that every system takes (`sun_path` of unix(7)). */
const longestSocketPath = 100;
const longestMs = 3_600_000;

export function socketOf(folder: string): string {
  return `${folder}/watchdog.sock`;
}

/** The same for two configurations by which a watchdog does the same. */
export function configDigest(config: WatchdogConfig): string {
  const { retryMs, tickMs, gapNoticeMs, longestTenureMs, folder, fence, uptimeFile } = config;
  const steps = fence.steps.map(({ argv, limitMs }) => ({ argv, limitMs }));
  const { argv, limitMs, exitCodes } = fence.confirm;
  const times = { retryMs, tickMs, gapNoticeMs, longestTenureMs };
  return sha256(
    canonicalJson({ folder, steps, confirm: { argv, limitMs, exitCodes }, times, uptimeFile }),
  );
}

/** The configuration out of a file's text. Fails with ConfigInvalid, which names the field. */
export function parseWatchdogConfig(text: string): WatchdogConfig {
  const json = parseJson(text);
  const fields = object(json, "");
  only(fields, "", [
    "folder",
    "fence",
    "retryMs",
    "tickMs",
    "gapNoticeMs",
    "longestTenureMs",
    "uptimeFile",
  ]);
  const folder = path(fields["folder"], "folder");
  if (socketOf(folder).length > longestSocketPath) {
    throw wrong("folder", `a path of at most ${longestSocketPath - 14} characters, for its socket`);
  }
  return {
    folder,
    fence: readFence(fields["fence"]),
    retryMs: duration(fields["retryMs"] ?? 500, "retryMs"),
    tickMs: duration(fields["tickMs"] ?? 100, "tickMs"),
    gapNoticeMs: duration(fields["gapNoticeMs"], "gapNoticeMs"),
    longestTenureMs: duration(fields["longestTenureMs"], "longestTenureMs"),
    uptimeFile: path(fields["uptimeFile"] ?? "/proc/uptime", "uptimeFile"),
  };
}

function readFence(value: unknown): FenceConfig {
  const fields = object(value, "fence");
  only(fields, "fence", ["steps", "confirm"]);
  const { steps } = fields;
  if (!Array.isArray(steps) || steps.length === 0) throw wrong("fence.steps", "at least one step");
  const confirm = object(fields["confirm"], "fence.confirm");
  only(confirm, "fence.confirm", ["argv", "limitMs", "exitCodes"]);
  const codes = list(confirm["exitCodes"], "fence.confirm.exitCodes");
  const exitCodes = codes.filter((code) => typeof code === "number");
  const isRight = exitCodes.length > 0 && exitCodes.length === codes.length;
  if (!isRight) throw wrong("fence.confirm.exitCodes", "at least one exit code");
  return {
    steps: steps.map((step: unknown, index) => {
      const at = `fence.steps[${index}]`;
      only(object(step, at), at, ["argv", "limitMs"]);
      return readStep(object(step, at), at);
    }),
    confirm: { ...readStep(confirm, "fence.confirm"), exitCodes },
  };
}

function readStep(fields: Fields, at: string): FenceStep {
  const argv = list(fields["argv"], `${at}.argv`).map((word) => {
    if (typeof word !== "string") throw wrong(`${at}.argv`, "a list of words");
    return word;
  });
  path(argv[0], `${at}.argv`);
  return { argv, limitMs: duration(fields["limitMs"], `${at}.limitMs`) };
}

type Fields = { readonly [key: string]: unknown };

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new Failure("ConfigInvalid", "the watchdog's configuration is not JSON", { cause });
  }
}

function wrong(field: string, expected: string): Failure {
  return new Failure("ConfigInvalid", `the watchdog's configuration needs ${expected}`, { field });
}

function object(value: unknown, field: string): Fields {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw wrong(field, "an object here");
  }
  return value as Fields; // Any object can be asked for its fields, each of which is parsed.
}

function only(fields: Fields, at: string, names: readonly string[]): void {
  const other = Object.keys(fields).find((name) => !names.includes(name));
  if (other === undefined) return;
  throw wrong(at === "" ? other : `${at}.${other}`, `only ${names.join(", ")} here`);
}

function list(value: unknown, field: string): readonly unknown[] {
  if (!Array.isArray(value)) throw wrong(field, "a list here");
  return value;
}

/** Absolute, because the watchdog works in no folder of anybody's. */
function path(value: unknown, field: string): string {
  if (typeof value === "string" && value.startsWith("/")) return value;
  throw wrong(field, "an absolute path here");
}

function duration(value: unknown, field: string): number {
  if (typeof value === "number" && value >= 1 && value <= longestMs) return value;
  throw wrong(field, `milliseconds between 1 and ${longestMs} here`);
}
