/** The witness that the options of a command name, and the credential that it is asked with. */
import { readFile } from "node:fs/promises";
import type { Command } from "commander";
import { systemClock } from "../../adapters/clock.ts";
import { type HttpWitness, httpWitness } from "../../adapters/witness/http-witness.ts";
import { parseDurationMs } from "../../core/kernel/duration.ts";
import { Failure } from "../../core/kernel/failure.ts";
import { parseCredential, type WitnessCredential } from "../../core/lease/protocol-credentials.ts";
import { readCredential } from "../../daemon/credential.ts";

export type ClientOptions = {
  readonly url?: string;
  readonly credential?: string;
  readonly ca?: string;
  readonly timeout: string;
};

const credentialVariable = "SOVEREIGN_WITNESS_CREDENTIAL";
const urlVariable = "SOVEREIGN_WITNESS_URL";

/** Adds the options by which a command finds the witness. */
export function withClientOptions(command: Command): Command {
  return command
    .option("-u, --url <url>", `where the witness answers; default $${urlVariable}`)
    .option(
      "-k, --credential <file>",
      `file with the credential as JSON; default the text in $${credentialVariable}`,
    )
    .option("--ca <file>", "certificates in PEM, when the witness's is not publicly signed")
    .option("--timeout <duration>", "limit of one request", "5s");
}

/** Runs `work` with the witness and closes it; fails with UsageInvalid or CredentialUnreadable before that. */
export async function withWitness(
  options: ClientOptions,
  work: (witness: HttpWitness, credential: WitnessCredential) => Promise<void>,
): Promise<void> {
  const url = options.url ?? process.env[urlVariable] ?? "";
  if (url === "") {
    throw new Failure("UsageInvalid", "no witness is named", {
      remedy: `Give --url, or set ${urlVariable}.`,
    });
  }
  const timeoutMs = parseDurationMs(options.timeout);
  if (timeoutMs === undefined || timeoutMs === 0) {
    throw new Failure("UsageInvalid", "--timeout is a duration such as 5s");
  }
  const credential = await credentialOf(options);
  const ca = options.ca === undefined ? undefined : await caOf(options.ca);
  const readAgain = (): Promise<WitnessCredential> => Promise.resolve(credential);
  const witness = httpWitness({
    url,
    readCredential: readAgain,
    timeoutMs,
    clock: systemClock,
    ...(ca === undefined ? {} : { ca }),
  });
  try {
    await work(witness, credential);
  } finally {
    witness.close();
  }
}

async function credentialOf(options: ClientOptions): Promise<WitnessCredential> {
  const ref =
    options.credential === undefined ? { env: credentialVariable } : { file: options.credential };
  const text = await readCredential(ref, "the credential for the witness", "--credential");
  const credential = parseCredential(text);
  if (credential !== undefined) return credential;
  throw new Failure("CredentialUnreadable", "the credential for the witness is not one", {
    where: options.credential ?? `environment variable ${credentialVariable}`,
    remedy: "It is JSON with id, holder, slots and secret; see docs/guides/witness.md.",
  });
}

function caOf(path: string): Promise<string> {
  return readFile(path, "utf8").catch((cause: unknown) => {
    throw new Failure("UsageInvalid", `the file of --ca can not be read: ${path}`, { cause });
  });
}
