/** Exponential back-off with full jitter and a ceiling; pure, so that the simulator can hold it to account. */
import type { Random } from "./random.ts";

export type BackoffOptions = { readonly firstMs: number; readonly ceilingMs: number };

/** How long to wait before attempt `attempt` (1 = first retry): between half and all of the doubled wait. */
export function backoffMs(attempt: number, options: BackoffOptions, random: Random): number {
  const doubledMs = Math.min(options.ceilingMs, options.firstMs * 2 ** Math.min(attempt - 1, 30));
  const halfMs = Math.max(1, Math.floor(doubledMs / 2));
  return halfMs + random.below(halfMs + 1);
}
