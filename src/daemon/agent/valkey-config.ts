/** The `valkey` part of a service in agent.yaml: parsed once, every path absolute afterwards, credentials read at each use. */
import { isAbsolute, resolve } from "node:path";
import { z } from "zod";
import { isLoopback } from "../../adapters/loopback.ts";
import type {
  ValkeyAddress,
  ValkeyLimits,
  ValkeyServiceOptions,
} from "../../adapters/valkey/valkey-options.ts";
import type { Clock } from "../../control/env.ts";
import { Failure } from "../../core/kernel/failure.ts";
import { readCredential } from "../credential.ts";

const path = z.string().min(1);
const exactlyOne = (value: object): boolean =>
  Object.values(value).filter((part) => part !== undefined).length === 1;

const addressSchema = z.strictObject({
  host: z.string().min(1).max(253),
  port: z.int().min(1).max(65_535).default(6379),
  user: z
    .string()
    .regex(/^[A-Za-z_][A-Za-z0-9_-]{0,62}$/)
    .default("default"),
  password: z
    .strictObject({ file: path.optional(), env: z.string().min(1).optional() })
    .refine(exactlyOne, "exactly one of `file` and `env`"),
  /** Without it the server has to be on loopback. */
  tls: z
    .strictObject({ ca: path.optional(), certificate: path.optional(), key: path.optional() })
    .optional(),
});

export const valkeySchema = z.strictObject({
  dataFolder: path,
  stateFolder: path.optional(),
  config: path,
  program: path,
  local: addressSchema,
  peer: addressSchema,
  /** A program by its absolute path, and its arguments; never a shell. */
  start: z
    .array(z.string().min(1))
    .min(1)
    .refine((argv) => isAbsolute(argv[0] ?? ""), "a program by its absolute path")
    .optional(),
  user: z
    .string()
    .regex(/^[a-z_][a-z0-9_-]{0,31}$/)
    .optional(),
});

export type ValkeyConfig = z.infer<typeof valkeySchema>;

export type ValkeyParts = {
  /** Name of the service in the group. */
  readonly name: string;
  readonly region: string;
  readonly peerRegion: string;
  /** Folder of agent.yaml, from which relative paths count. */
  readonly folder: string;
  /** The group's `timing.fenceBudgetMs`. */
  readonly fenceBudgetMs: number;
  /** The machine's clock (`machineClock`). */
  readonly clock: Clock;
  readonly holdsTenure: ValkeyServiceOptions["holdsTenure"];
  readonly hasTenure: ValkeyServiceOptions["hasTenure"];
  readonly limits?: Partial<ValkeyLimits>;
};

/** What of the fence budget is left for telling the agent that it is done. */
const fenceShare = 0.9;

/** Options of `valkeyService`. Fails with ConfigInvalid for a server elsewhere without TLS. */
export function toValkeyOptions(raw: ValkeyConfig, parts: ValkeyParts): ValkeyServiceOptions {
  const { name, region, peerRegion, fenceBudgetMs, clock, holdsTenure, hasTenure } = parts;
  const at = (file: string): string => resolve(parts.folder, file);
  return {
    name,
    region,
    peerRegion,
    dataFolder: at(raw.dataFolder),
    ...(raw.stateFolder === undefined ? {} : { stateFolder: at(raw.stateFolder) }),
    configFile: at(raw.config),
    program: at(raw.program),
    local: addressOf(raw, "local", parts),
    peer: addressOf(raw, "peer", parts),
    ...(raw.start === undefined ? {} : { start: raw.start }),
    ...(raw.user === undefined ? {} : { user: raw.user }),
    holdsTenure,
    hasTenure,
    clock,
    limits: { fenceMs: Math.floor(fenceBudgetMs * fenceShare), ...parts.limits },
  };
}

function addressOf(
  raw: ValkeyConfig,
  side: "local" | "peer",
  { name, folder }: ValkeyParts,
): ValkeyAddress {
  const { host, port, user, password, tls } = raw[side];
  const field = `services.${name}.valkey.${side}`;
  const at = (file: string): string => resolve(folder, file);
  if (tls === undefined && !isLoopback(host)) {
    throw new Failure("ConfigInvalid", `Valkey at ${host} is elsewhere and has no tls`, {
      field: `${field}.tls`,
      remedy: "Give it the certificate authority's file: `tls: { ca: ca.pem }`.",
    });
  }
  const ref = password.file === undefined ? password : { file: at(password.file) };
  return {
    host,
    port,
    user,
    readPassword: () =>
      readCredential(ref, `the password of ${name} at ${host}`, `${field}.password`),
    tls:
      tls === undefined
        ? "off"
        : {
            ...(tls.ca === undefined ? {} : { ca: at(tls.ca) }),
            ...(tls.certificate === undefined ? {} : { certificate: at(tls.certificate) }),
            ...(tls.key === undefined ? {} : { key: at(tls.key) }),
          },
  };
}
