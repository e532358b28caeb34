/** The fallback orders after what the regions said of themselves (DESIGN §3); they are kept as long as this process runs. */
import { type FallbackState, nextFallbackOrder } from "../../core/dns/fallback-order.ts";
import type { Memory } from "./memory.ts";
import type { DnsPorts } from "./ports.ts";

/** The orders that are known now; the very same map when none of them changed. */
export function fallbackRound(ports: DnsPorts, memory: Memory): Memory["fallback"] {
  const words = ports.authority?.() ?? new Map<string, never>();
  const next = new Map(memory.fallback);
  let changed = false;
  for (const { application, regions } of memory.intent?.desired?.applications ?? []) {
    const said = words.get(application);
    if (said === undefined || said.size === 0) continue;
    const clusters = regions.map(({ cluster }) => cluster);
    const before = memory.fallback.get(application);
    const after = nextFallbackOrder(completed(before, clusters), said);
    if (before === undefined && after.reason === "NothingNew") continue;
    const isSame = before?.order.join() === after.order.join() && before.epoch === after.epoch;
    if (isSame) continue;
    next.set(application, { order: after.order, epoch: after.epoch });
    changed = true;
  }
  return changed ? next : memory.fallback;
}

/** The known order with regions that came since at its end; the Application's own order when none is known. */
function completed(before: FallbackState | undefined, clusters: readonly string[]): FallbackState {
  const known = (before?.order ?? []).filter((cluster) => clusters.includes(cluster));
  return { order: [...new Set([...known, ...clusters])], epoch: before?.epoch };
}
