/**
 * The watchdog's program for a region with Valkey (docs/guides/valkey.md): ends the writing of the servers of the given data, and of the
 * PostgreSQL servers beside them, all at once. Nothing has to answer it: a server that does not say itself, by its own process, that it
 * refuses writes is ended. Exit 0: nothing takes writes.
 */
import { writeSync } from "node:fs";
import { parseArgs } from "node:util";
import { systemClock } from "../../adapters/clock.ts";
import { exists, hasData } from "../../adapters/postgresql/gate.ts";
import * as postgresql from "../../adapters/postgresql/stop-writing.ts";
import * as valkey from "../../adapters/valkey/stop-writing.ts";
import type { ValkeyAddress } from "../../adapters/valkey/valkey-options.ts";
import { codes } from "../../core/kernel/codes.ts";
import { Failure } from "../../core/kernel/failure.ts";
import { readCredential } from "../credential.ts";

const usage =
  "usage: main.js {--data <folder> --server <host:port> --password <file> [--state <folder>]}… [--user <name>] [--ca <file>] [--certificate <file>] [--key <file>] [--postgresql <folder>]… [--mode fast|kill|confirm|all] [--limit <ms>]\n";

const modes = ["fast", "kill", "confirm", "all"] as const;
/** How long a server is given to say that it refuses writes. */
const askShare = 0.25;

type Order = {
  readonly places: readonly valkey.ServerPlace[];
  readonly postgresql: readonly string[];
  readonly mode: (typeof modes)[number];
  readonly limitMs: number;
};

/** Undefined where it is not complete. */
function readOrder(): Order | undefined {
  const one = { type: "string" } as const;
  const more = { type: "string", multiple: true } as const;
  const { values } = parseArgs({
    options: {
      ...{ data: more, server: more, password: more, state: more, postgresql: more },
      ...{ user: one, ca: one, certificate: one, key: one },
      mode: { type: "string", default: "all" },
      limit: { type: "string", default: "8000" },
    },
  });
  const mode = modes.find((name) => name === values.mode);
  const limitMs = Number(values.limit);
  const isLimit = limitMs >= 1 && limitMs <= 3_600_000;
  const { data: folders = [], server = [], password = [], state = [], postgresql = [] } = values;
  const places = folders.map((data, index) => {
    const dataFolder = withoutSlash(data);
    // Without an address of its own it is asked at the first, where another process answers: then it is ended without being asked.
    const address = addressOf(server[index] ?? server[0], password[index] ?? password[0], values);
    const stateFolder = state[index] ?? `${dataFolder}.sovereign`;
    return dataFolder === "" || address === undefined
      ? undefined
      : { dataFolder, stateFolder, address, isAddressShared: server[index] === undefined };
  });
  const known = places.filter((place) => place !== undefined);
  if (known.length === 0 || known.length < places.length || !mode || !isLimit) return undefined;
  return { places: known, postgresql: postgresql.map(withoutSlash), mode, limitMs };
}

const withoutSlash = (folder: string): string => folder.replace(/(?<=.)\/+$/, "");

type Rest = Partial<Record<"user" | "ca" | "certificate" | "key", string | undefined>>;

function addressOf(
  server: string | undefined,
  password: string | undefined,
  { user = "default", ca, certificate, key }: Rest,
): ValkeyAddress | undefined {
  const [, host, port] = /^\[?([^\]]+)\]?:(\d{1,5})$/.exec(server ?? "") ?? [];
  if (!host || !port || !password) return undefined;
  const tls = {
    ...(ca === undefined ? {} : { ca }),
    ...(certificate === undefined ? {} : { certificate }),
    ...(key === undefined ? {} : { key }),
  };
  return {
    host,
    port: Number(port),
    user,
    readPassword: () => readCredential({ file: password }, "the password of Valkey", "--password"),
    tls: Object.keys(tls).length === 0 ? "off" : tls,
  };
}

/** A folder that no agent ever looked after is a mistake in the configuration. */
async function refuseStrange({ places, postgresql: folders }: Order): Promise<true> {
  const strange = (where: string, what: string): Failure =>
    new Failure("FenceFailed", what, {
      where,
      remedy: "Correct the folders in the watchdog's configuration.",
    });
  for (const { dataFolder, stateFolder } of places) {
    if (await exists(stateFolder)) continue;
    throw strange(dataFolder, "no agent has been at these data of Valkey");
  }
  for (const folder of folders) {
    if ((await hasData(folder)) || (await exists(`${folder}.sovereign`))) continue;
    throw strange(folder, "there are no data of PostgreSQL, and no agent has been here");
  }
  return true;
}

async function main(): Promise<number> {
  const order = readOrder();
  if (order === undefined) {
    writeSync(2, usage);
    return codes.UsageInvalid.exitCode;
  }
  // A place that is strange, or can not be looked at, keeps nobody from ending the others: nothing is found where nothing is.
  const outcomes = await Promise.allSettled([
    ...order.places.map((place) => ofValkey(order, place)),
    ...order.postgresql.map((folder) => ofPostgresql(order, folder)),
    refuseStrange(order),
  ]);
  for (const one of outcomes) if (one.status === "rejected") throw one.reason;
  return outcomes.every((one) => one.status === "fulfilled" && one.value) ? 0 : 1;
}

function ofValkey({ mode, limitMs }: Order, place: valkey.ServerPlace): Promise<boolean> {
  const askMs = limitMs * askShare;
  if (mode === "confirm") return valkey.isFenced(place, askMs);
  const plan = mode === "all" ? valkey.fullPlan(limitMs) : [{ mode, fromMs: 0 }];
  return valkey.stopWriting(place, plan, { limitMs, askMs, clock: systemClock });
}

function ofPostgresql({ mode, limitMs }: Order, folder: string): Promise<boolean> {
  if (mode === "confirm") return postgresql.isFenced(folder);
  const plan = mode === "all" ? postgresql.fullPlan(limitMs) : [{ mode, fromMs: 0 }];
  return postgresql.stopWriting(folder, plan, { limitMs, clock: systemClock });
}

try {
  process.exitCode = await main();
} catch (thrown) {
  const isUsage = thrown instanceof TypeError && "code" in thrown;
  const failure = Failure.from(thrown, "fencing Valkey");
  writeSync(2, isUsage ? usage : `${JSON.stringify(failure.toJson())}\n`);
  process.exitCode = isUsage ? codes.UsageInvalid.exitCode : codes.FenceFailed.exitCode;
}
