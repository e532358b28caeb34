/** Structured logs by pino: one JSON object a line on stderr, secrets redacted by name and by value. */
import { type DestinationStream, destination, pino } from "pino";
import type { Log } from "../control/env.ts";
import type { JsonObject } from "../core/kernel/json.ts";
import { redactFields, redactText } from "../core/kernel/redact.ts";
import { knownSecrets } from "./secrets.ts";

export { registerSecret } from "./secrets.ts";

export type LogLevel = "debug" | "info" | "warn" | "error";

export type LogOptions = {
  /** Lines below this level are not written; default `info`. */
  readonly level?: LogLevel;
  /** Where lines go; default stderr, written at once, so that the last line before a crash is there. */
  readonly destination?: DestinationStream;
};

/** The log of the program or part called `name`; fields: time (ISO 8601, UTC), level, name, message, then its own. */
export function makeLog(name: string, options: LogOptions = {}): Log {
  const logger = pino(
    {
      level: options.level ?? "info",
      base: { name },
      messageKey: "message",
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
    },
    options.destination ?? destination({ fd: 2, sync: true }),
  );
  const write =
    (level: LogLevel) =>
    (message: string, fields: JsonObject = {}): void => {
      const secrets = knownSecrets();
      logger[level](redactFields(fields, secrets), redactText(message, secrets));
    };
  return { debug: write("debug"), info: write("info"), warn: write("warn"), error: write("error") };
}
