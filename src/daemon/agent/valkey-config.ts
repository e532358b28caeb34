/** The `valkey` part of a service in agent.yaml: parsed once, every path absolute afterwards, credentials read at each use. */
import { isAbsolute, resolve } from "node:path";
import { z } from "zod";
import type {
  ValkeyAddress,
  ValkeyLimits,
  ValkeyServiceOptions,
} from "../../adapters/valkey/valkey-options.ts";
import type { Clock } from "../../control/env.ts";
import { serverAccess, serverShape, serverWord } from "./server-address.ts";

const path = z.string().min(1);

const addressSchema = z.strictObject({
  ...serverShape,
  port: z.int().min(1).max(65_535).default(6379),
  user: serverWord.default("default"),
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
  const { port, user, ...server } = raw[side];
  const access = serverAccess(server, {
    name,
    folder,
    field: `services.${name}.valkey.${side}`,
    product: "Valkey",
    remedy: "Give it the certificate authority's file: `tls: { ca: ca.pem }`.",
  });
  return { ...access, port, user };
}
