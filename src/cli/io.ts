/** What a command may do with the terminal: print a result, say progress, end with a code. */
import { styleText } from "node:util";
import { stringify } from "yaml";
import { objectWithoutSecrets, withoutSecrets } from "../adapters/secrets.ts";
import type { Failure } from "../core/kernel/failure.ts";
import type { JsonObject } from "../core/kernel/json.ts";

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
};

export type Streams = {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  readonly terminal: boolean;
  readonly env: Readonly<Record<string, string | undefined>>;
};

export const processStreams: Streams = {
  out: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(text),
  terminal: process.stdout.isTTY === true,
  env: process.env,
};

type Style = Parameters<typeof styleText>[0];

/** Text in a style when colour is on; as it is otherwise. */
export function paint(io: Pick<Io, "colour">, style: Style, text: string): string {
  return io.colour ? styleText(style, text) : text;
}

/** The Io of one run of the CLI; registered secrets are taken out of all that it prints. */
export function makeIo(format: OutputFormat, streams: Streams): Io {
  const colour = format === "text" && streams.terminal && streams.env["NO_COLOR"] === undefined;
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
      if (format === "text") err(paint({ colour }, "dim", line));
    },
    failure(failure) {
      if (format !== "text") {
        streams.err(write({ error: failure.toJson() }));
        return;
      }
      const at = [failure.where, failure.field].filter((part) => part !== undefined).join(" ");
      const mark = paint({ colour }, "red", "error");
      err(`${mark} ${failure.message} ${paint({ colour }, "dim", failure.code)}`);
      if (at !== "") err(`      at ${at}`);
      err(`      ${failure.remedy}`);
    },
  };
}

function ended(text: string): string {
  return text.endsWith("\n") ? text : `${text}\n`;
}
