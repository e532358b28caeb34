/**
 * No acknowledged write is lost: never one whose commit waited for the standby; none at all where the record at the witness says in_sync; and
 * otherwise not more than people approved.
 */
import { sideOf } from "../failover-note.ts";
import type { Checker } from "../failover-observation.ts";

export const acknowledgedWrites: Checker = {
  name: "acknowledged-writes",
  make: ({ regions, witness }, report) => {
    const waitedFor = new Set<number>();
    const relaxed = new Set<number>();
    let approvedBytes = 0;
    const lostOf = (ids: ReadonlySet<number>, log: ReadonlySet<number>): readonly number[] =>
      [...ids].filter((id) => !log.has(id));
    const look = (log: ReadonlySet<number>, when: string): void => {
      const lost = lostOf(waitedFor, log);
      if (lost.length > 0) {
        report(
          `${when}: ${lost.length} acknowledged writes that the standby had are lost: ${lost[0]}`,
        );
      }
      for (const id of lost) waitedFor.delete(id);
    };
    return {
      observe(observation) {
        if (observation.kind === "acknowledged") {
          (observation.waited ? waitedFor : relaxed).add(observation.id);
        }
        if (observation.kind === "approvedLoss") {
          approvedBytes = Math.max(approvedBytes, observation.bytes);
        }
        if (observation.kind !== "promoted") return;
        const { epoch, region } = observation;
        const log = new Set(regions[region].database.log());
        look(log, `promotion of epoch ${epoch}`);
        const lost = lostOf(relaxed, log);
        const { sync } = sideOf(witness.record());
        if (lost.length > 0 && sync === "in_sync") {
          report(
            `epoch ${epoch} lost ${lost.length} acknowledged writes while the record says in_sync`,
          );
        }
        if (lost.length > approvedBytes) {
          report(
            `epoch ${epoch} lost ${lost.length} acknowledged writes and ${approvedBytes} were approved`,
          );
        }
        for (const id of lost) relaxed.delete(id);
      },
      end() {
        const writer = regions.find(({ database }) => database.isWritable());
        if (writer !== undefined) look(new Set(writer.database.log()), "in the end");
      },
    };
  },
};
