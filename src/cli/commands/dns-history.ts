/** `sovereign dns history <name>`: what happened to a name, from this region's journal alone. */
import { existsSync } from "node:fs";
import { Command, InvalidArgumentError } from "commander";
import { readEvents } from "../../adapters/journal/read-events.ts";
import {
  foldHistory,
  type History,
  noHistory,
  type Subject,
  subjectOf,
} from "../../core/dns/history.ts";
import type { JournalEvent } from "../../core/kernel/event.ts";
import { Failure } from "../../core/kernel/failure.ts";
import { readControlConfig } from "../../daemon/config.ts";
import type { Context, Run } from "../command.ts";
import { configHelp, configOption, controlConfigPath } from "../control-config-path.ts";
import { historyData, historyText, stateText } from "../dns/history-text.ts";

type Options = { readonly config?: string; readonly at?: number; readonly lines: number };

const mostLines = 10_000;

export function dnsHistoryCommand(run: Run): Command {
  return new Command("history")
    .description(
      "Tell what happened to a name: documents, changes, drift, conflicts, wrong answers.",
    )
    .argument("<name>", "FQDN, environment/application, or an Application's name; it may be gone")
    .option(configOption, configHelp)
    .option(
      "--at <instant>",
      "only what was known then, and the records held then (ISO 8601)",
      instantOf,
    )
    .option("-n, --lines <count>", "how many of the last entries to show", lineCount, 50)
    .addHelpText(
      "after",
      `
Read from this region's journal and that of \`sovereign dns apply\`; no server and no repository is asked.
Records whose last change is older than the journal are not known to --at.

Examples:
  $ npx sovereign dns history shop --config control.yaml
  $ npx sovereign dns history shop.acme-prod.sovereign.test --at 2026-11-21T14:01:10Z`,
    )
    .action((name: string, options: Options, command: Command) =>
      run(command, (context) => history(context, name, options)),
    );
}

function instantOf(text: string): number {
  const atMs = /^\d{4}-\d{2}-\d{2}/.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isFinite(atMs)) return atMs;
  throw new InvalidArgumentError("It is an instant such as 2026-11-21T14:01:10Z.");
}

function lineCount(text: string): number {
  const count = Number(text);
  if (/^[0-9]+$/.test(text) && count <= mostLines) return count;
  throw new InvalidArgumentError(`It is a whole number from 0 to ${mostLines}.`);
}

async function history({ io, signal }: Context, name: string, options: Options): Promise<void> {
  const config = await readControlConfig(controlConfigPath(options.config));
  const folders = [config.journal, `${config.journal}-dns-apply`].filter((path) =>
    existsSync(path),
  );
  if (folders.length === 0) {
    throw new Failure("NotFound", "there is no journal yet", {
      where: config.journal,
      remedy: "Name the configuration of a control process that has run here.",
    });
  }
  io.progress(`reading ${folders.length} journal(s)`);
  const { at } = options;
  const found = await fold(folders, subjectOf(name), at ?? Number.POSITIVE_INFINITY, signal);
  if (found.entries.length === 0 && at === undefined) {
    throw new Failure("NotFound", `the journal holds nothing about ${name}`, {
      remedy: "Check the spelling; `npx sovereign dns plan` lists what is declared.",
    });
  }
  const text = historyText(found, options.lines, io);
  const state = at === undefined ? "" : stateText(found, at, io);
  io.result(historyData(found, at), [text, state].filter((part) => part !== "").join("\n\n"));
}

/** The journals merged by time, folded up to `untilMs`. */
async function fold(
  folders: readonly string[],
  subject: Subject,
  untilMs: number,
  signal: AbortSignal,
): Promise<History> {
  const streams = folders.map((folder) => readEvents(folder));
  const heads = await Promise.all(streams.map(next));
  let folded = noHistory;
  for (;;) {
    signal.throwIfAborted();
    const index = earliest(heads);
    const event = heads[index];
    const stream = streams[index];
    if (event === undefined || stream === undefined) return folded;
    if (event.atMs <= untilMs) folded = foldHistory(folded, event, subject);
    heads[index] = await next(stream);
  }
}

async function next(stream: AsyncGenerator<JournalEvent>): Promise<JournalEvent | undefined> {
  const { value, done } = await stream.next();
  return done === true ? undefined : value;
}

/** Index of the stream whose next event is the oldest; each keeps its own order, whatever its clock did. */
function earliest(heads: readonly (JournalEvent | undefined)[]): number {
  let best = 0;
  for (const [index, event] of heads.entries()) {
    const known = heads[best];
    if (event !== undefined && (known === undefined || event.atMs < known.atMs)) best = index;
  }
  return best;
}
