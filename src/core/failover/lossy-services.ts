/** What a take-over would lose of the services that may lose: stated, though no rule looks at it (DESIGN §7.5). */
import type { PeopleReport } from "./people-report.ts";
import { lagBytesOf } from "./rpo-gauges.ts";

export type LossyService = {
  readonly name: string;
  /** By how much this region's copy was behind what the holder published last; what came after is in no record. Null: not known. */
  readonly lagBytes: number | null;
  /** How old the newest write is that this copy has, 0 where it had all; null: not known. */
  readonly lagMs: number | null;
};

/** Those of a region that does not serve, in the order of the group. */
export function lossyServices({
  people,
  data,
  witnessPositions,
}: Pick<PeopleReport, "people" | "data" | "witnessPositions">): readonly LossyService[] {
  return people.group.services.flatMap(({ name, mayLose }) => {
    if (mayLose === "nothing") return [];
    const measured = data?.services.find((service) => service.name === name);
    const lagBytes = measured === undefined ? null : lagBytesOf(measured, witnessPositions);
    return [{ name, lagBytes, lagMs: measured?.lagMs ?? null }];
  });
}
