/**
 * The data's own history of promotions: one list under one key, newest first, with a number that nobody else draws. By it two copies know
 * who was promoted later, and an application may mark what it writes with the epoch.
 */
import { randomUUID } from "node:crypto";
import { z } from "zod";
import { Failure } from "../../core/kernel/failure.ts";
import type { Ask } from "./valkey-connection.ts";

export const promotionsKey = "sovereign:promotions";
const most = 100;

const promotionSchema = z.object({
  id: z.string().min(1),
  epoch: z.int().min(1),
  region: z.string(),
  /** How often these data began to be written by somebody else than before. */
  line: z.int().min(1),
});

export type Promotion = Readonly<z.infer<typeof promotionSchema>>;

/** The newest one; null before the first, and where somebody emptied the data. */
export async function lastPromotion(ask: Ask): Promise<Promotion | null> {
  const text = await ask("LINDEX", promotionsKey, "0");
  if (text === null || text === undefined) return null;
  const parsed = promotionSchema.safeParse(jsonOf(String(text)));
  if (parsed.success) return parsed.data;
  throw new Failure("DataServiceUnreachable", `${promotionsKey} is not what an agent wrote`, {
    remedy: `Remove the key ${promotionsKey} where writes are taken; the agent writes it again.`,
  });
}

/** Writes the promotion, which proves that writes are taken; what it wrote. */
export async function writePromotion(
  ask: Ask,
  { epoch, region }: Pick<Promotion, "epoch" | "region">,
  before: { readonly last: Promotion | null; readonly isNew: boolean },
): Promise<Promotion> {
  const { last, isNew } = before;
  const line = (last?.line ?? 0) + (isNew || last === null ? 1 : 0);
  const isSame = !isNew && last !== null && last.epoch === epoch && last.region === region;
  const next: Promotion = isSame ? last : { id: randomUUID(), epoch, region, line };
  const text = JSON.stringify(next);
  if (isSame) await ask("LSET", promotionsKey, "0", text);
  else {
    await ask("LPUSH", promotionsKey, text);
    await ask("LTRIM", promotionsKey, "0", String(most - 1));
  }
  return next;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null; // The schema refuses it.
  }
}
