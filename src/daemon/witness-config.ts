/** Configuration of `sovereign witness serve`: one YAML file, every mistake named with its field (ADR 23). */
import { isIP } from "node:net";
import { resolve } from "node:path";
import { z } from "zod";
import { isLoopback } from "../adapters/loopback.ts";
import { parseDurationMs } from "../core/kernel/duration.ts";
import { Failure } from "../core/kernel/failure.ts";
import { durationField } from "../core/resources/fields.ts";
import type { CredentialRef } from "./config.ts";
import { readYamlConfig } from "./read-yaml-config.ts";

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
  const { raw, folder } = await readYamlConfig(file, configSchema);
  return checked(absolute(raw, folder), file);
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
  if (config.tls === undefined && !(isIP(address) !== 0 && isLoopback(address))) {
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
