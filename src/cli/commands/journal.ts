/** `sovereign journal verify|tail`: whether a journal is whole, and what it says. */
import { type Command, InvalidArgumentError } from "commander";
import { systemClock } from "../../adapters/clock.ts";
import { followEvents, lastEvents } from "../../adapters/journal/read-events.ts";
import { type Verification, verifyJournal } from "../../adapters/journal/verify.ts";
import type { JournalEvent } from "../../core/kernel/event.ts";
import { Failure } from "../../core/kernel/failure.ts";
import { type Context, group, type Run } from "../command.ts";
import { eventLine } from "../render/event-line.ts";

type TailOptions = { readonly follow: boolean; readonly lines: number; readonly type: string };

const pollMs = 200;
const mostLines = 100_000;

/** The group `sovereign journal`. */
export function journalCommand(run: Run): Command {
  const journal = group("journal", "Check and read the journal of a program.");
  journal
    .command("verify")
    .description("Check every event of a journal against its chain of hashes; changes nothing.")
    .argument("<folder>", "the journal's folder")
    .addHelpText(
      "after",
      `
Says how many events and segments there are and the hash of the last event. Note that hash elsewhere: whoever
compares it later can tell that nothing was changed or taken away. Works while the journal is being written.
Ends with 13 when the chain is broken, naming segment and line; docs/guides/journal.md says what to do then.

Example:
  $ npx sovereign journal verify .sovereign/regions/hz-fsn-rtz-prod/journal`,
    )
    .action((folder: string, _options: unknown, command: Command) =>
      run(command, (context) => verify(context, folder)),
    );
  journal
    .command("tail")
    .description("Show the last events of a journal, and new ones as they come.")
    .argument("<folder>", "the journal's folder")
    .option("-f, --follow", "go on with new events until Ctrl-C", false)
    .option("-n, --lines <count>", "how many of the last events to show", lineCount, 20)
    .option("-t, --type <prefix>", "only events whose type begins like this", "")
    .addHelpText(
      "after",
      `
One line an event. With --output json, one whole event a line (NDJSON).

Examples:
  $ npx sovereign journal tail journal --follow
  $ npx sovereign journal tail journal --lines 100 --type dns.
  $ npx sovereign journal tail journal --output json | jq .data`,
    )
    .action((folder: string, options: TailOptions, command: Command) =>
      run(command, (context) => tail(context, folder, options)),
    );
  return journal;
}

function lineCount(text: string): number {
  const count = Number(text);
  if (/^[0-9]+$/.test(text) && count <= mostLines) return count;
  throw new InvalidArgumentError(`It is a whole number from 0 to ${mostLines}.`);
}

async function verify({ io, signal }: Context, folder: string): Promise<void> {
  io.progress(`verifying ${folder}`);
  const verification = await verifyJournal(folder, signal);
  const { firstBreak, events } = verification;
  if (firstBreak !== undefined) {
    const { segment, line, reason } = firstBreak;
    const message = `${segment}, line ${line}: ${reason}; the ${counted(events, "event")} before it hold`;
    throw new Failure("JournalCorrupt", message, { where: folder });
  }
  io.result(verification, verificationText(verification));
}

function verificationText({
  kind,
  events,
  segments,
  firstSeq,
  lastSeq,
  ...rest
}: Verification): string {
  if (events === 0 && kind === "whole") return "The journal holds no event yet.";
  const lines = [
    `The journal is right: ${counted(events, "event")} (${firstSeq} to ${lastSeq}) in ${counted(segments, "segment")}.`,
    `head ${rest.headHash}`,
  ];
  if (kind === "torn") {
    lines.push(
      `The last ${rest.tornBytes} bytes are an unfinished line: a write goes on, or was cut off and never acknowledged.`,
    );
  }
  return lines.join("\n");
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

async function tail({ io, signal }: Context, folder: string, options: TailOptions): Promise<void> {
  const wanted = (event: JournalEvent): boolean => event.type.startsWith(options.type);
  const show = (event: JournalEvent): void => io.line(event, eventLine(io, event));
  const { events, nextSeq } = await lastEvents(folder, options.lines, wanted);
  for (const event of events) show(event);
  if (!options.follow) return;
  const follow = { clock: systemClock, signal, pollMs };
  for await (const event of followEvents(folder, nextSeq, follow)) if (wanted(event)) show(event);
}
