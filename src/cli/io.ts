/** What a command may do with the terminal: print a result, say progress, end with a code. */
import { styleText } from "node:util";
import { stringify } from "yaml";
import { objectWithoutSecrets, withoutSecrets } from "../adapters/secrets.ts";
import { Failure } from "../core/kernel/failure.ts";
import type { JsonObject } from "../core/kernel/json.ts";
import { printable } from "../core/resources/document.ts";

export type OutputFormat = "text" | "json" | "yaml";

export type Io = {
  readonly format: OutputFormat;
  /** Colour only on a terminal, never under NO_COLOR. */
  readonly colour: boolean;
  /** Prints the result: `text` for people, `data` for machines; exactly once per command. */
  result(data: JsonObject, text: string): void;
  /** One line of a result that comes in pieces: `text` for people, NDJSON or a YAML document for machines. */
  line(data: JsonObject, text: string): void;
  /** A line on stderr while something longer than a second goes on; silent when machines read. */
  progress(line: string): void;
  /** A failure on stderr: what, where, the field, the remedy, the code; as data when machines read. */
  failure(failure: Failure): void;
  /** A bug of ours on stderr, with its stack; as data when machines read. */
  bug(thrown: unknown): void;
};

export type Streams = {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  /** Whether `out` is a terminal. */
  readonly terminal: boolean;
  /** Whether `err` is one; default as `out`. */
  readonly errTerminal?: boolean;
  readonly env: Readonly<Record<string, string | undefined>>;
};

export const processStreams: Streams = {
  out: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(text),
  terminal: process.stdout.isTTY === true,
  errTerminal: process.stderr.isTTY === true,
  env: process.env,
};

type Style = Parameters<typeof styleText>[0];

/** Text in a style when colour is on; as it is otherwise. */
export function paint(io: Pick<Io, "colour">, style: Style, text: string): string {
  // Whether it may be coloured is decided once, by `makeIo`, and not by what Node thinks of stdout.
  return io.colour ? styleText(style, text, { validateStream: false }) : text;
}

/** The Io of one run of the CLI; registered secrets are taken out of all that it prints. */
export function makeIo(format: OutputFormat, streams: Streams): Io {
  const wanted = format === "text" && (streams.env["NO_COLOR"] ?? "") === ""; // no-color.org: empty counts as absent.
  const colour = wanted && streams.terminal;
  const dyed = { colour: wanted && (streams.errTerminal ?? streams.terminal) };
  const write = (data: JsonObject, indent = 2): string => {
    const shown = objectWithoutSecrets(data);
    return format === "json" ? `${JSON.stringify(shown, undefined, indent)}\n` : stringify(shown);
  };
  const out = (text: string): void => streams.out(ended(withoutSecrets(text)));
  const err = (text: string): void => streams.err(ended(withoutSecrets(text)));
  return {
    format,
    colour,
    result(data, text) {
      if (format === "text") out(text);
      else streams.out(write(data));
    },
    line(data, text) {
      if (format === "text") out(text);
      else streams.out(`${format === "yaml" ? "---\n" : ""}${write(data, 0)}`);
    },
    progress(line) {
      if (format === "text") err(paint(dyed, "dim", line));
    },
    failure(failure) {
      if (format !== "text") {
        streams.err(write({ error: failure.toJson() }));
        return;
      }
      const at = [failure.where, failure.field].filter((part) => part !== undefined).join(" ");
      const mark = paint(dyed, "red", "error");
      err(`${mark} ${visible(failure.message)} ${paint(dyed, "dim", failure.code)}`);
      if (at !== "") err(`      at ${visible(at)}`);
      err(`      ${visible(failure.remedy)}`);
    },
    bug(thrown) {
      const { code, message } = Failure.from(thrown, "sovereign");
      const stack = thrown instanceof Error ? (thrown.stack ?? message) : message;
      if (format === "text") err(`${bugWords}\n${stack}`);
      else streams.err(write({ error: { code, message, remedy: bugWords, stack } }));
    },
  };
}

const bugWords = "This is a bug in Sovereign, please report it.";

/** What others wrote, line by line, without what could command a terminal. */
function visible(text: string): string {
  return text.split("\n").map(printable).join("\n");
}

function ended(text: string): string {
  return text.endsWith("\n") ? text : `${text}\n`;
}
