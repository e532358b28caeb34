/** `Failure`: the world failed. Our bugs are assertions, ordinary outcomes are values. */
import { type Code, type CodeFacts, codes } from "./codes.ts";

export type FailureDetails = {
  /** Where in the user's world: `docs/shop.yaml:12`, `ns1 of hz-fsn-rtz-prod`, a URL without credentials. */
  readonly where?: string;
  /** The field, as a JSON path, when a document or a configuration is at fault. */
  readonly field?: string;
  /** What to do, when something better than the table's remedy is known. */
  readonly remedy?: string;
  readonly cause?: unknown;
};

export class Failure extends Error {
  override readonly name = "Failure";
  readonly code: Code;
  readonly where: string | undefined;
  readonly field: string | undefined;
  readonly remedy: string;

  /** `message` is a sentence for people; it never holds a credential. */
  constructor(code: Code, message: string, details: FailureDetails = {}) {
    super(message, details.cause === undefined ? {} : { cause: details.cause });
    this.code = code;
    this.where = details.where;
    this.field = details.field;
    this.remedy = details.remedy ?? codes[code].remedy;
  }

  get facts(): CodeFacts {
    return codes[this.code];
  }

  /** The failure as plain data, for journals and machine-readable output. */
  toJson(): FailureJson {
    return {
      code: this.code,
      message: this.message,
      ...(this.where === undefined ? {} : { where: this.where }),
      ...(this.field === undefined ? {} : { field: this.field }),
      remedy: this.remedy,
    };
  }

  /** Turns anything thrown into a `Failure`; one that is already a `Failure` comes back as it is. */
  static from(thrown: unknown, where: string): Failure {
    if (thrown instanceof Failure) return thrown;
    const message = thrown instanceof Error ? thrown.message : String(thrown);
    const named = thrown instanceof Error ? thrown.name : "";
    if (named === "AbortError") return new Failure("Cancelled", message, { where, cause: thrown });
    if (named === "TimeoutError") return new Failure("TimedOut", message, { where, cause: thrown });
    return new Failure("Unexpected", message, { where, cause: thrown });
  }
}

export type FailureJson = {
  readonly code: Code;
  readonly message: string;
  readonly where?: string;
  readonly field?: string;
  readonly remedy: string;
};
