/** Commits cease to wait for the standby only after the witness confirmed `degraded` for that tenure (ADR 25, *Data*). */
import { sideOf } from "../failover-note.ts";
import type { Checker } from "../failover-observation.ts";

export const degradedOrder: Checker = {
  name: "degraded-order",
  make: ({ regions, witness }, report) => ({
    observe(observation) {
      if (observation.kind !== "relaxed") return;
      const { database, name, watchdog } = regions[observation.region];
      if (!database.isWritable()) return;
      const record = witness.record();
      const { sync } = sideOf(record);
      // What stands there of an older tenure binds no authority that people gave without the witness: the peer is bound meanwhile.
      const isOfTenure = watchdog.live()?.epoch === record.epoch;
      if (isOfTenure && record.holder === name && sync === "in_sync") {
        report(`commits in ${name} are relaxed while the record says in_sync`);
      }
    },
  }),
};
