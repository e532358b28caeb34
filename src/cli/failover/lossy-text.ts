/** What a take-over would lose of services that may lose, as lines for people. */
import type { LossyService } from "../../core/failover/lossy-services.ts";
import { humanDurationMs } from "../../core/kernel/duration.ts";
import { bytesWords } from "./marks.ts";

/** One line a service; never "nothing", because no copy that nobody waits for is known to have everything. */
export function lossyLines(services: readonly LossyService[], indent = ""): readonly string[] {
  return services.map(({ name, lagBytes, lagMs }) => {
    const age = lagMs === null || lagMs === 0 ? "" : `, ${humanDurationMs(lagMs)} old`;
    const amount =
      lagBytes === null
        ? "an amount that is not known"
        : `${bytesWords(lagBytes)} when last measured${age}, and what came after`;
    return `${indent}Of ${name}, which may lose: ${amount}.`;
  });
}
