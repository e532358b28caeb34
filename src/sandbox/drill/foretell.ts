/** What the other region's agent lets one predict just before the break: the what-if, asked of the same report as a person asks. */
import type { LedgerProfile } from "../../core/drill/ledger-prediction.ts";
import type { Foretold } from "../../core/drill/ledger-rows.ts";
import { whatIf } from "../../core/failover/what-if.ts";
import type { WatchedAgent } from "./agent-watch.ts";
import { askPeople } from "./ask-people.ts";

/** What the witness and a promotion take on loopback. */
const witnessMs = 50;
const promoteMs = 2_000;

/** RTO and bytes of the loss of `region`, by its peer; empty where the peer can not tell. */
export async function foretell(
  region: string,
  peer: WatchedAgent,
  profile: LedgerProfile,
): Promise<Foretold> {
  const { cluster } = peer;
  const report = await askPeople(peer);
  if (report === undefined) return {};
  const { rto, loss } = whatIf({
    region,
    peer: cluster,
    report,
    world: {
      probeEveryMs: profile.probeIntervalMs,
      probeTimeoutMs: profile.probeTimeoutMs,
      recordTtlMs: profile.recordTtlMs,
      witnessMs,
      promoteMs,
    },
  });
  const bytes = loss?.isNothing === true ? 0 : (loss?.bytes ?? undefined);
  return {
    ...(rto === null ? {} : { rtoMs: rto.expectedMs }),
    ...(bytes === undefined ? {} : { rpoBytes: bytes }),
    source: `by the what-if, asked of ${cluster}`,
  };
}
