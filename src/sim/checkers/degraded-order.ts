/** Commits cease to wait for the standby only after the witness confirmed `degraded` for that tenure (ADR 25, *Data*). */
import { sideOf } from "../failover-note.ts";
import type { Checker } from "../failover-observation.ts";

export const degradedOrder: Checker = {
  name: "degraded-order",
  make: ({ regions, witness }, report) => ({
    observe(observation) {
      if (observation.kind !== "relaxed") return;
      const { database, name } = regions[observation.region];
      if (!database.isWritable()) return;
      const record = witness.record();
      const { sync } = sideOf(record);
      if (record.holder === name && sync === "in_sync") {
        report(`commits in ${name} are relaxed while the record says in_sync`);
      }
    },
  }),
};
