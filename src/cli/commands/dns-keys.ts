/** `sovereign dns keys create|drop|roll`: the zone's key set, and the exchange of its key without a moment of doubt. */
import { readFile } from "node:fs/promises";
import type { Command } from "commander";
import { tagsOf } from "../../core/dns/setup/dnskey.ts";
import { endpointText } from "../../core/dns/setup/plan-transfers.ts";
import type { RollVerdict } from "../../core/dns/setup/roll.ts";
import { parseDurationMs } from "../../core/kernel/duration.ts";
import { Failure } from "../../core/kernel/failure.ts";
import type { JsonObject } from "../../core/kernel/json.ts";
import { openZoneJournal } from "../../daemon/dns/zone-journal.ts";
import { keySetOf, openZoneWorld } from "../../daemon/dns/zone-world.ts";
import { type Context, group, type Run } from "../command.ts";
import { configHelp, configOption, controlConfigPath } from "../control-config-path.ts";
import { makeKeyBeside, writeKeySetFile } from "../dns/zone-keys.ts";
import {
  abortRoll,
  nextStep,
  type Roll,
  type RollOptions,
  rollKeys,
  startRoll,
  verdictOf,
} from "../dns/zone-roll.ts";

type CreateOptions = { readonly out: string; readonly with?: string };
type DropOptions = { readonly from: string; readonly out: string };
type RollFlags = { readonly config?: string; readonly parent?: string; readonly dsTtl?: string };

/** The group `sovereign dns keys`. */
export function dnsKeysCommand(run: Run): Command {
  const keys = group("keys", "Make the zone's key set, and roll its key over.");
  keys
    .command("create")
    .description("Make a new key (ECDSA P-256) and write the key set into a new file, mode 0600.")
    .requiredOption("--out <file>", "file to make; never one that exists")
    .option("--with <file>", "key set whose key is in use: the new set holds both, for a roll")
    .addHelpText(
      "after",
      `
Nothing secret is printed. Mount the file in every region and name it under zoneKeys in the control configuration.

Examples:
  $ npx sovereign dns keys create --out zone-keys.json
  $ npx sovereign dns keys create --with zone-keys.json --out zone-keys-roll.json`,
    )
    .action((options: CreateOptions, command: Command) =>
      run(command, (context) => create(context, options)),
    );
  keys
    .command("drop")
    .description("Write a key set without its first key, for after a roll; the old file stays.")
    .requiredOption("--from <file>", "key set with two keys")
    .requiredOption("--out <file>", "file to make; never one that exists")
    .action((options: DropOptions, command: Command) =>
      run(command, (context) => drop(context, options)),
    );
  keys.addCommand(rollCommand(run));
  return keys;
}

function rollCommand(run: Run): Command {
  const roll = group("roll", "Exchange the zone's key by double signature, one step at a time.");
  const step = (name: string, description: string, body: (roll: Roll) => Promise<Shown>): void => {
    roll
      .command(name)
      .description(description)
      .option(configOption, configHelp)
      .option("--parent <address:port>", "name server of the parent zone, asked for the DS")
      .option(
        "--ds-ttl <duration>",
        "confirm that the parent names the new key only, with this TTL",
      )
      .action((flags: RollFlags, command: Command) =>
        run(command, (context) => withRoll(context, flags, body)),
      );
  };
  step("start", "Begin: every server is asked, nothing is changed yet.", async (one) =>
    shown(await startRoll(one)),
  );
  step(
    "status",
    "Say what is next, what is waited for and until when; changes nothing.",
    async (one) => shown(await verdictOf(one)),
  );
  step("next", "Make the step whose turn it is, or end with 28 and say why not yet.", async (one) =>
    shown(await nextStep(one)),
  );
  step(
    "abort",
    "Take the new key away again, as long as the parent does not name it.",
    async (one) => {
      const decision = await abortRoll(one);
      return {
        data: { kind: "aborted", because: decision.because },
        text: `✓ ${decision.because}`,
      };
    },
  );
  return roll;
}

type Shown = { readonly data: JsonObject; readonly text: string };

async function create({ io }: Context, options: CreateOptions): Promise<void> {
  const others = options.with === undefined ? [] : await readKeySet(options.with);
  if (others.length > 1) {
    throw new Failure("KeySetDiffers", "the key set holds two keys already", {
      where: options.with ?? "",
      remedy: "Finish the roll and drop the old key first.",
    });
  }
  const key = makeKeyBeside(others);
  await writeKeySetFile(options.out, [...others, key]);
  const data = { file: options.out, created: key.keyTag, dnskey: key.dnskey };
  io.result(data, `Key ${key.keyTag} is made; ${options.out} holds ${tagsOf([...others, key])}.`);
}

async function drop({ io }: Context, { from, out }: DropOptions): Promise<void> {
  const [old, ...rest] = await readKeySet(from);
  if (old === undefined || rest.length === 0) {
    throw new Failure("KeySetDiffers", "the key set holds one key only, which stays", {
      where: from,
    });
  }
  await writeKeySetFile(out, rest);
  const data = { file: out, dropped: old.keyTag };
  io.result(data, `${out} holds ${tagsOf(rest)}; key ${old.keyTag} is dropped.`);
}

async function readKeySet(path: string) {
  const text = await readFile(path, "utf8").catch((cause: unknown) => {
    throw new Failure("CredentialUnreadable", "the key set can not be read", {
      where: path,
      cause,
    });
  });
  return keySetOf(text, path);
}

async function withRoll(
  { io, signal }: Context,
  flags: RollFlags,
  body: (roll: Roll) => Promise<Shown>,
): Promise<void> {
  const options = rollOptions(flags);
  const world = await openZoneWorld(controlConfigPath(flags.config), signal);
  const keys = rollKeys(world);
  const journal = await openZoneJournal(world);
  try {
    io.progress(`asking every server of ${world.zone}`);
    const { data, text } = await body({ world, ...keys, journal, options, signal });
    io.result({ roll: `${keys.old.keyTag}-${keys.next.keyTag}`, ...data }, text);
  } finally {
    await journal.close();
  }
}

function rollOptions({ parent, dsTtl }: RollFlags): RollOptions {
  const match = /^\[?([0-9a-fA-F.:]+?)\]?:(\d{1,5})$/.exec(parent ?? "");
  if (parent !== undefined && match === null) {
    throw new Failure("UsageInvalid", "--parent is an address and a port", {
      field: "--parent",
      remedy: `Write it like ${endpointText("192.0.2.53", 53)} or ${endpointText("2001:db8::53", 53)}.`,
    });
  }
  const ttlMs = dsTtl === undefined ? undefined : parseDurationMs(dsTtl);
  if (dsTtl !== undefined && ttlMs === undefined) {
    throw new Failure("UsageInvalid", "--ds-ttl is a duration, such as 1d", { field: "--ds-ttl" });
  }
  return {
    parent: match === null ? undefined : { address: match[1] ?? "", port: Number(match[2]) },
    confirmedDsTtlSeconds: ttlMs === undefined ? undefined : Math.ceil(ttlMs / 1_000),
  };
}

function shown(verdict: RollVerdict): Shown {
  const until = verdict.kind === "wait" ? new Date(verdict.untilMs).toISOString() : undefined;
  const data = {
    phase: verdict.phase,
    kind: verdict.kind,
    because: verdict.because,
    ...(verdict.kind === "refuse" ? { reason: verdict.reason } : {}),
    ...(verdict.kind === "act" ? { act: verdict.act, servers: verdict.servers } : {}),
    ...(until === undefined ? {} : { until }),
  };
  const tail = until === undefined ? "" : ` (until ${until})`;
  return { data, text: `${verdict.phase}: ${verdict.because}${tail}` };
}
