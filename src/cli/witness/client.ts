/** The witness that the options of a command name, and the credential that it is asked with. */
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import type { Command } from "commander";
import { systemClock } from "../../adapters/clock.ts";
import { folderSource } from "../../adapters/sources/folder.ts";
import { type OpenedWitness, openWitness } from "../../adapters/witness/open-witness.ts";
import type { Signal } from "../../control/env.ts";
import { parseDurationMs } from "../../core/kernel/duration.ts";
import { Failure } from "../../core/kernel/failure.ts";
import { didYouMean } from "../../core/names/nearest.ts";
import { readCatalogue } from "../../core/resources/read.ts";
import type { WitnessSpec } from "../../core/resources/sovereign-witnesses.ts";
import { readCredential } from "../../daemon/credential.ts";
import { witnessAtUrl } from "./witness-url.ts";

export type ClientOptions = {
  readonly url?: string;
  readonly documents?: string;
  readonly witness?: string;
  readonly credential?: string;
  readonly ca?: string;
  readonly timeout: string;
};

const credentialVariable = "SOVEREIGN_WITNESS_CREDENTIAL";
const urlVariable = "SOVEREIGN_WITNESS_URL";

/** Adds the options by which a command finds the witness. */
export function withClientOptions(command: Command): Command {
  return command
    .option(
      "-u, --url <url>",
      `where the witness answers: https://, postgresql:// or etcd+https:// (members with a comma between); default $${urlVariable}`,
    )
    .option("-d, --documents <folder>", "folder with the documents that name the witness, instead")
    .option("-w, --witness <name>", "which one of the Sovereign's witnesses; default the only one")
    .option(
      "-k, --credential <file>",
      `file with the credential as JSON; default the text in $${credentialVariable}`,
    )
    .option("--ca <file>", "certificates in PEM, when the witness's is not publicly signed")
    .option("--timeout <duration>", "limit of one request", "5s");
}

/** Runs `work` with the witness and closes it; fails with UsageInvalid, ConfigInvalid or CredentialUnreadable before that. */
export async function withWitness(
  options: ClientOptions,
  signal: Signal,
  work: (witness: OpenedWitness) => Promise<void>,
): Promise<void> {
  const timeoutMs = parseDurationMs(options.timeout);
  if (timeoutMs === undefined || timeoutMs === 0) {
    throw new Failure("UsageInvalid", "--timeout is a duration such as 5s");
  }
  const spec = await specOf(options, signal);
  const { ca } = options;
  const text = await credentialOf(options);
  const witness = openWitness(spec, {
    readCredential: () => Promise.resolve(text),
    ...(ca === undefined ? {} : { readCa: () => caOf(ca) }),
    timeoutMs,
    clock: systemClock,
  });
  try {
    await work(witness);
  } finally {
    witness.close();
  }
}

async function specOf(options: ClientOptions, signal: Signal): Promise<WitnessSpec> {
  const { documents, witness } = options;
  if (documents !== undefined && options.url !== undefined) {
    throw new Failure("UsageInvalid", "--url and --documents both name a witness", {
      remedy: "Give one of them.",
    });
  }
  if (documents !== undefined) return declaredWitness(documents, witness, signal);
  if (witness !== undefined) {
    throw new Failure("UsageInvalid", "--witness is a name out of documents", {
      remedy: "Give --documents with the folder that declares it.",
    });
  }
  const url = options.url ?? process.env[urlVariable] ?? "";
  if (url !== "") return witnessAtUrl(url);
  throw new Failure("UsageInvalid", "no witness is named", {
    remedy: `Give --url or --documents, or set ${urlVariable}.`,
  });
}

/** What is right in the documents is enough: a witness can be looked at while something else is being written. */
async function declaredWitness(
  folder: string,
  name: string | undefined,
  signal: Signal,
): Promise<WitnessSpec> {
  const snapshot = await folderSource({ path: resolve(folder) }).read(signal);
  const { sovereign } = readCatalogue(snapshot.documents, snapshot.problems);
  const witnesses = sovereign?.spec.witnesses ?? [];
  const found = witnesses.filter((one) => name === undefined || one.name === name);
  const [first] = found;
  if (first !== undefined && found.length === 1) return first;
  const names = witnesses.map((one) => one.name);
  const listed = names.length === 0 ? "none" : names.join(", ");
  const message =
    name === undefined
      ? `the documents declare ${names.length} witnesses (${listed}), and none is chosen`
      : `the documents declare no witness ${name} (${listed})${didYouMean(name, names)}`;
  throw new Failure("UsageInvalid", message, {
    where: folder,
    remedy:
      "Give --witness with a name of spec.witnesses; `sovereign validate` says what is wrong with documents.",
  });
}

function credentialOf(options: ClientOptions): Promise<string> {
  const ref =
    options.credential === undefined ? { env: credentialVariable } : { file: options.credential };
  return readCredential(ref, "the credential for the witness", "--credential");
}

function caOf(path: string): Promise<string> {
  return readFile(path, "utf8").catch((cause: unknown) => {
    throw new Failure("UsageInvalid", `the file of --ca can not be read: ${path}`, { cause });
  });
}
