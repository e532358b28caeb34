/** Configuration of `sovereign witness serve`: one YAML file, every mistake named with its field (ADR 23). */
import { readFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { parseDocument } from "yaml";
import { z } from "zod";
import { parseDurationMs } from "../core/kernel/duration.ts";
import { Failure } from "../core/kernel/failure.ts";
import { durationField } from "../core/resources/fields.ts";
import type { CredentialRef } from "./config.ts";

const path = z.string().min(1);

const configSchema = z.strictObject({
  listen: z.strictObject({ address: path, port: z.int().min(0).max(65_535) }),
  tls: z.strictObject({ certificate: path, key: path }).optional(),
  data: path,
  credentials: z
    .strictObject({ file: path.optional(), env: path.optional() })
    .refine(({ file, env }) => (file === undefined) !== (env === undefined), {
      message: "exactly one of `file` and `env`",
    }),
  settleFor: durationField.default("2s"),
});

export type WitnessConfig = {
  /** Port 0 takes any free one. */
  readonly listen: { readonly address: string; readonly port: number };
  /** Files in PEM, absolute; without it only loopback is listened on. */
  readonly tls?: { readonly certificate: string; readonly key: string };
  /** Folder of the leases, absolute, on a local disk. */
  readonly data: string;
  /** Where the list of credentials is. */
  readonly credentials: CredentialRef;
  /** How long after its start nothing is treated as run out. */
  readonly settleMs: number;
};

/** Longer than any lease would only keep a group without a holder. */
const settleMsMax = 300_000;

/** Reads and checks the file; relative paths count from its folder. Fails with ConfigInvalid. */
export async function readWitnessConfig(file: string): Promise<WitnessConfig> {
  const text = await readFile(file, "utf8").catch((cause: unknown) => {
    throw new Failure("ConfigInvalid", `the configuration file can not be read: ${file}`, {
      where: file,
      cause,
    });
  });
  const document = parseDocument(text, { uniqueKeys: true });
  const [broken] = document.errors;
  if (broken !== undefined) {
    const message = `the configuration is not YAML: ${broken.message.split("\n")[0]}`;
    throw new Failure("ConfigInvalid", message, { where: file });
  }
  const parsed = configSchema.safeParse(document.toJS({ maxAliasCount: 10 }) as unknown);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const field = issue?.path.join(".") ?? "";
    throw new Failure("ConfigInvalid", `the configuration is wrong: ${issue?.message ?? ""}`, {
      where: file,
      field: field === "" ? "(the whole file)" : field,
    });
  }
  return checked(absolute(parsed.data, dirname(resolve(file))), file);
}

function absolute(raw: z.infer<typeof configSchema>, folder: string): WitnessConfig {
  const at = (name: string): string => resolve(folder, name);
  const { listen, tls, data, credentials, settleFor } = raw;
  return {
    listen,
    ...(tls === undefined ? {} : { tls: { certificate: at(tls.certificate), key: at(tls.key) } }),
    data: at(data),
    credentials: credentials.file === undefined ? credentials : { file: at(credentials.file) },
    settleMs: parseDurationMs(settleFor) ?? 2_000,
  };
}

function checked(config: WitnessConfig, where: string): WitnessConfig {
  const { address } = config.listen;
  if (config.tls === undefined && !/^127\.[0-9.]+$|^::1$/.test(address)) {
    // Whoever can answer in the witness's name can grant a lease twice.
    throw new Failure("ConfigInvalid", `${address} is listened on with TLS only`, {
      where,
      field: "listen.address",
      remedy: "Name a certificate and its key under `tls`, or listen on 127.0.0.1.",
    });
  }
  if (config.settleMs > settleMsMax) {
    throw new Failure("ConfigInvalid", "the witness settles for five minutes at most", {
      where,
      field: "settleFor",
    });
  }
  return config;
}
