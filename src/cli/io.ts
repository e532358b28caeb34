/** What a command may do with the terminal: print a result, say progress, end with a code. */
import { styleText } from "node:util";
import { stringify } from "yaml";
import type { Failure } from "../core/kernel/failure.ts";
import type { JsonObject } from "../core/kernel/json.ts";

export type OutputFormat = "text" | "json" | "yaml";

export type Io = {
  readonly format: OutputFormat;
  /** Colour only on a terminal, never under NO_COLOR. */
  readonly colour: boolean;
  /** Prints the result: `text` for people, `data` for machines; exactly once per command. */
  result(data: JsonObject, text: string): void;
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

/** The Io of one run of the CLI. */
export function makeIo(format: OutputFormat, streams: Streams): Io {
  const colour = format === "text" && streams.terminal && streams.env["NO_COLOR"] === undefined;
  const write = (data: JsonObject): string =>
    format === "json" ? `${JSON.stringify(data, undefined, 2)}\n` : stringify(data);
  return {
    format,
    colour,
    result(data, text) {
      streams.out(format === "text" ? (text.endsWith("\n") ? text : `${text}\n`) : write(data));
    },
    progress(line) {
      if (format === "text") streams.err(`${paint({ colour }, "dim", line)}\n`);
    },
    failure(failure) {
      if (format !== "text") {
        streams.err(write({ error: failure.toJson() }));
        return;
      }
      const at = [failure.where, failure.field].filter((part) => part !== undefined).join(" ");
      streams.err(
        `${paint({ colour }, "red", "error")} ${failure.message} ${paint({ colour }, "dim", failure.code)}\n`,
      );
      if (at !== "") streams.err(`      at ${at}\n`);
      streams.err(`      ${failure.remedy}\n`);
    },
  };
}
