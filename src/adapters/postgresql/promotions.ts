/**
 * The database's own history of promotions, one row each, with a number that nobody else draws: by it two copies know whether one
 * continues the other. Timelines do not tell: two servers that were promoted apart from one another may count the same one.
 */
import { z } from "zod";
import type { Ask } from "./postgres-sql.ts";

export type Promotion = { readonly id: string; readonly epoch: number; readonly region: string };

const thereShape = z.tuple([z.object({ there: z.boolean() })]);
const listShape = z.array(
  z.object({ id: z.string(), epoch: z.coerce.number().int(), region: z.string() }),
);

/** Oldest first; empty before the first one. */
export async function readPromotions(ask: Ask): Promise<readonly Promotion[]> {
  const there = await ask("SELECT to_regclass('sovereign.promotion') IS NOT NULL AS there");
  if (!thereShape.parse(there)[0].there) return [];
  return listShape.parse(
    await ask("SELECT id, epoch, region FROM sovereign.promotion ORDER BY number"),
  );
}

const makeSql = [
  "CREATE SCHEMA IF NOT EXISTS sovereign",
  `CREATE TABLE IF NOT EXISTS sovereign.promotion (
    number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    epoch bigint NOT NULL,
    region text NOT NULL,
    promoted_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    proven_at timestamptz NOT NULL DEFAULT clock_timestamp())`,
  "GRANT USAGE ON SCHEMA sovereign TO PUBLIC",
  "GRANT SELECT ON sovereign.promotion TO PUBLIC",
];

/**
 * Writes that the database is promoted, which proves that it takes writes; false when it was promoted at a higher epoch before.
 * `isNew`: it left recovery since the last row.
 */
export async function writePromotion(
  ask: Ask,
  { epoch, region }: Omit<Promotion, "id">,
  isNew: boolean,
): Promise<boolean> {
  const last = (await readPromotions(ask)).at(-1);
  if (last === undefined) for (const sql of makeSql) await ask(sql);
  if (last !== undefined && last.epoch > epoch) return false;
  if (!isNew && last?.epoch === epoch && last.region === region) {
    const proven = await ask(
      "UPDATE sovereign.promotion SET proven_at = clock_timestamp() WHERE id = $1 RETURNING id",
      [last.id],
    );
    return proven.length === 1;
  }
  const written = await ask(
    "INSERT INTO sovereign.promotion (epoch, region) VALUES ($1, $2) RETURNING id",
    [epoch, region],
  );
  return written.length === 1;
}

export type Kinship =
  /** Everything that was promoted here the peer has promoted too, or taken over. */
  | "continued"
  /** Both were promoted, apart from one another; the peer's is the later epoch. */
  | "forked"
  /** The peer does not know of what was promoted here, and is not later. */
  | "older";

/** How the peer's history stands to that of this copy. */
export function kinshipOf(here: readonly Promotion[], there: readonly Promotion[]): Kinship {
  const last = here.at(-1);
  if (last === undefined || there.some(({ id }) => id === last.id)) return "continued";
  return (there.at(-1)?.epoch ?? 0) > last.epoch ? "forked" : "older";
}
