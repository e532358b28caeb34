/** The fallback orders after what the regions said of themselves (DESIGN §3); they are kept as long as this process runs. */
import { type FallbackMove, fallbackMoved } from "../../core/dns/events.ts";
import { type FallbackState, isNews, nextFallbackOrder } from "../../core/dns/fallback-order.ts";
import type { DesiredApplication } from "../../core/dns/zone.ts";
import type { NewEvent } from "../../core/kernel/event.ts";
import type { Memory } from "./memory.ts";
import type { DnsPorts } from "./ports.ts";

export type FallbackRound = {
  /** The orders that are known now; the very same map when none of them changed. */
  readonly fallback: Memory["fallback"];
  /** One for each group and order that changed. */
  readonly events: readonly NewEvent[];
};

/** What follows for every Application under a declared group; others keep their document's order. */
export function fallbackRound(ports: DnsPorts, memory: Memory): FallbackRound {
  const words = ports.authority?.() ?? new Map<string, never>();
  const next = new Map(memory.fallback);
  const moves = new Map<string, FallbackMove>();
  for (const one of memory.intent?.desired?.applications ?? []) {
    const said = one.lease === undefined ? undefined : words.get(one.lease.group);
    if (said === undefined || said.size === 0) continue;
    const before = memory.fallback.get(one.application);
    const after = nextFallbackOrder(completed(before, one), said);
    if (before === undefined && !isNews(after, said)) continue;
    const { order, epoch, reason, because } = after;
    if (before?.order.join() === order.join() && before.epoch === epoch) continue;
    next.set(one.application, { order, epoch });
    if (before?.order.join() === order.join()) continue;
    const group = one.lease?.group ?? "";
    const key = `${group} ${order.join()} ${before?.order.join() ?? ""}`;
    const applications = [...(moves.get(key)?.applications ?? []), one.application];
    const facts = { before: before?.order ?? null, order, epoch: epoch ?? null, reason, because };
    moves.set(key, { group, applications, ...facts });
  }
  const events = [...moves.values()].map(fallbackMoved);
  return { fallback: isSame(next, memory.fallback) ? memory.fallback : next, events };
}

function isSame(a: Memory["fallback"], b: Memory["fallback"]): boolean {
  return a.size === b.size && [...a].every(([key, state]) => b.get(key) === state);
}

/** The known order with regions that came since at its end; the Application's own order when none is known. */
function completed(
  before: FallbackState | undefined,
  { regions, fallbackOrder }: DesiredApplication,
): FallbackState {
  const clusters = regions.map(({ cluster }) => cluster);
  const known = (before?.order ?? fallbackOrder).filter((cluster) => clusters.includes(cluster));
  return { order: [...new Set([...known, ...clusters])], epoch: before?.epoch };
}
