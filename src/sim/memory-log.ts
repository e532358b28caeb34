/** FAKE: a log that keeps its lines, for tests that read them. */
import type { Log } from "../control/env.ts";
import type { JsonObject } from "../core/kernel/json.ts";

export type LogLine = {
  readonly level: keyof Log;
  readonly message: string;
  readonly fields: JsonObject;
};

export type MemoryLog = Log & { readonly lines: readonly LogLine[] };

/** An empty log. */
export function memoryLog(): MemoryLog {
  const lines: LogLine[] = [];
  const write =
    (level: keyof Log) =>
    (message: string, fields: JsonObject = {}): void =>
      void lines.push({ level, message, fields });
  return {
    lines,
    debug: write("debug"),
    info: write("info"),
    warn: write("warn"),
    error: write("error"),
  };
}
