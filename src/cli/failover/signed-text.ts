/** From what a person wants to a signed text: made and signed here, or printed, signed elsewhere and brought back. */
import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import type { Command } from "commander";
import { signWithSsh } from "../../adapters/people/ssh-signature.ts";
import { signedNamespace } from "../../core/failover/signed-lines.ts";
import { parseDurationMs } from "../../core/kernel/duration.ts";
import { Failure } from "../../core/kernel/failure.ts";
import type { Parsed } from "../../core/names/names.ts";
import type { Io } from "../io.ts";
import type { SignedText } from "./agent-client.ts";
import type { Settings } from "./settings.ts";

export type SigningOptions = {
  readonly validFor: string;
  readonly print?: boolean;
  readonly text?: string;
  readonly signature?: string;
};

/** Adds the options by which a text is signed here or elsewhere. */
export function withSigningOptions(command: Command, validFor: string): Command {
  return command
    .option("--valid-for <duration>", "how long the signed text holds", validFor)
    .option("--print", "print the text to sign elsewhere, and send nothing")
    .option("--text <file>", "send this text, that was printed before, with --signature")
    .option("--signature <file>", "signature of --text, as `ssh-keygen -Y sign` wrote it");
}

/** Random and unguessable; signed, so that it counts once. */
export function newNonce(): string {
  return randomBytes(18).toString("base64url");
}

/** When a text that is made now runs out. Fails with UsageInvalid. */
export function expiryOf({ validFor }: SigningOptions, nowMs: number): number {
  const holdsMs = parseDurationMs(validFor);
  if (holdsMs !== undefined && holdsMs > 0) return nowMs + holdsMs;
  throw new Failure("UsageInvalid", "--valid-for is a duration such as 10m");
}

/** The person who signs. Fails with UsageInvalid. */
export function personOf({ person }: Settings): string {
  if (person !== undefined) return person;
  throw new Failure("UsageInvalid", "it is not known who signs", {
    remedy: "Give --person <your name in the roster>, or set SOVEREIGN_PERSON.",
  });
}

/** The text, or why a field can not be signed as it is (UsageInvalid). */
export function textOrFailure(text: Parsed<string>): string {
  if (text.ok) return text.value;
  throw new Failure("UsageInvalid", `this can not be signed: ${text.because}`);
}

/** Signs a text with the person's key. Fails as `signWithSsh` does, and with UsageInvalid without a key. */
export async function signed(text: string, settings: Settings, io: Io): Promise<SignedText> {
  const { key } = settings;
  if (key === undefined) {
    throw new Failure("UsageInvalid", "no SSH key is named", {
      remedy:
        "Give --key <file> (private, or .pub of a key in ssh-agent), set SOVEREIGN_SSH_KEY, or --print the text and sign it elsewhere.",
    });
  }
  // That it reads its input is no news; that a token wants to be touched is.
  const hear = (line: string): void => {
    if (!line.startsWith("Signing data on")) io.progress(`ssh-keygen: ${line}`);
  };
  return {
    text,
    signature: await signWithSsh({ text, namespace: signedNamespace, keyFile: key, hear }),
  };
}

/** A text and its signature from files; undefined when none is named. Fails with UsageInvalid. */
export async function broughtBack(options: SigningOptions): Promise<SignedText | undefined> {
  const { text, signature } = options;
  if (text === undefined && signature === undefined) return undefined;
  if (text === undefined || signature === undefined) {
    throw new Failure("UsageInvalid", "--text and --signature go together");
  }
  return { text: await readSmall(text), signature: await readSmall(signature) };
}

const sizeMax = 16_384;

async function readSmall(file: string): Promise<string> {
  const text = await readFile(file, "utf8").catch((cause: unknown) => {
    throw new Failure("UsageInvalid", "the file can not be read", { where: file, cause });
  });
  if (text.length <= sizeMax) return text;
  throw new Failure("UsageInvalid", "the file is too large to be one of these", { where: file });
}

/** How to sign a printed text elsewhere, and how to send it then. */
export function howToSign(command: string): string {
  return [
    `Sign it where your key is:  ssh-keygen -Y sign -n ${signedNamespace} -f <key> <file>`,
    `Then send it:               ${command} --text <file> --signature <file>.sig`,
  ].join("\n");
}
