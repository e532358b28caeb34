/** Epochs only grow: at the witness by every acquire and by nothing else, and at the databases with every promotion of another tenure. */
import type { Checker, RegionIndex } from "../failover-observation.ts";

export const epochsGrow: Checker = {
  name: "epochs-grow",
  make: (_seen, report) => {
    let highest = 0;
    let promotedIn: RegionIndex | undefined;
    return {
      observe(observation) {
        if (observation.kind === "witnessWrote") {
          const { before, after, request } = observation;
          const hasGrown = after.epoch > before.epoch;
          const isRight = request.op === "acquire" ? hasGrown : after.epoch === before.epoch;
          if (!isRight) report(`${request.op} made epoch ${after.epoch} of epoch ${before.epoch}`);
          if (after.rev !== before.rev + 1) report(`revision ${after.rev} follows ${before.rev}`);
        }
        if (observation.kind === "promoted") {
          const { epoch, region } = observation;
          const isSame = epoch === highest && region === promotedIn;
          if (epoch <= highest && !isSame) {
            report(`epoch ${epoch} was promoted after epoch ${highest}`);
          }
          highest = Math.max(highest, epoch);
          promotedIn = region;
        }
      },
    };
  },
};
