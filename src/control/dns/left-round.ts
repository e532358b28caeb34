/**
 * Records of ours in other zones of a server: after the Sovereign's domain changed, those of the old zone go on answering.
 * They are told of and never removed: clients may still use the old names, and another Sovereign may own that zone.
 */
import { zoneLeft } from "../../core/dns/events.ts";
import { Failure } from "../../core/kernel/failure.ts";
import type { ApplyOutcome } from "./apply.ts";
import type { ServerMemory } from "./memory.ts";
import type { Asking } from "./warm-round.ts";

/** What is known of them after a round. They are looked for once for each zone, and again while there are some. */
export async function leftRound(
  { world, server, api, signal }: Asking,
  zone: string,
  before: ServerMemory,
  { failure }: ApplyOutcome,
): Promise<ServerMemory["leftZones"]> {
  const isSame = before.appliedZone === undefined || before.appliedZone.zone === zone;
  const known = isSame ? before.leftZones : undefined;
  if (failure !== undefined || (known !== undefined && known.length === 0)) return known;
  try {
    const left = await api.leftZones(zone, signal);
    for (const one of left) {
      if (known?.some((told) => told.zone === one.zone) === true) continue;
      await world.env.journal.append(zoneLeft(server.id, zone, one.zone, one.rrsets));
      const fields = { server: server.id, zone: one.zone, rrsets: one.rrsets };
      world.env.log.warn("records of ours are left in another zone", fields);
    }
    return left;
  } catch (thrown) {
    const { code } = Failure.from(thrown, api.id);
    if (code === "Unexpected") throw thrown;
    // The zone itself could be read and written; this is looked for again in the next round.
    return known;
  }
}
