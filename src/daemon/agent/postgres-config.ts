/** The `postgresql` part of a service in agent.yaml: parsed once, every path absolute afterwards, credentials read at each use. */
import { isAbsolute, resolve } from "node:path";
import { z } from "zod";
import type {
  PostgresAddress,
  PostgresLimits,
  PostgresServiceOptions,
} from "../../adapters/postgresql/postgres-options.ts";
import type { Clock } from "../../control/env.ts";
import { serverAccess, serverShape, serverWord } from "./server-address.ts";

const path = z.string().min(1);

const addressSchema = z.strictObject({
  ...serverShape,
  port: z.int().min(1).max(65_535).default(5432),
  user: serverWord.default("postgres"),
  database: serverWord.default("postgres"),
});

/** A program by its absolute path, and its arguments; never a shell. */
const argvSchema = z
  .array(z.string().min(1))
  .min(1)
  .refine((argv) => isAbsolute(argv[0] ?? ""), "a program by its absolute path");

export const postgresSchema = z
  .strictObject({
    dataFolder: path,
    stateFolder: path.optional(),
    programs: path,
    local: addressSchema,
    peer: addressSchema,
    start: argvSchema.optional(),
    stop: argvSchema.optional(),
    user: z
      .string()
      .regex(/^[a-z_][a-z0-9_-]{0,31}$/)
      .optional(),
  })
  .refine(
    ({ start, stop }) => (start === undefined) === (stop === undefined),
    "both of `start` and `stop`, or neither",
  );

export type PostgresConfig = z.infer<typeof postgresSchema>;

export type PostgresParts = {
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
  readonly holdsTenure: PostgresServiceOptions["holdsTenure"];
  readonly hasTenure: PostgresServiceOptions["hasTenure"];
  readonly limits?: Partial<PostgresLimits>;
};

/** What of the fence budget is left for telling the agent that it is done. */
const fenceShare = 0.9;

/** Options of `postgresService`. Fails with ConfigInvalid for a server elsewhere without TLS. */
export function toPostgresOptions(
  raw: PostgresConfig,
  parts: PostgresParts,
): PostgresServiceOptions {
  const { name, region, peerRegion, fenceBudgetMs, clock, holdsTenure, hasTenure } = parts;
  const at = (file: string): string => resolve(parts.folder, file);
  const address = (side: "local" | "peer"): PostgresAddress => {
    const { port, user, database, ...server } = raw[side];
    const access = serverAccess(server, {
      name,
      folder: parts.folder,
      field: `services.${name}.postgresql.${side}`,
      product: "PostgreSQL",
      remedy: "Give it the certificate authority's file: `tls: { ca: ca.pem }`.",
    });
    return { ...access, port, user, database };
  };
  return {
    name,
    region,
    peerRegion,
    dataFolder: at(raw.dataFolder),
    ...(raw.stateFolder === undefined ? {} : { stateFolder: at(raw.stateFolder) }),
    programs: at(raw.programs),
    local: address("local"),
    peer: address("peer"),
    ...(raw.start === undefined ? {} : { start: raw.start }),
    ...(raw.stop === undefined ? {} : { stop: raw.stop }),
    ...(raw.user === undefined ? {} : { user: raw.user }),
    holdsTenure,
    hasTenure,
    clock,
    limits: { fenceMs: Math.floor(fenceBudgetMs * fenceShare), ...parts.limits },
  };
}
