/** Which of the two regions has the right to write, as far as the agents that answer tell. */
import { Failure } from "../../core/kernel/failure.ts";
import { type AskedGroup, type AskedRegion, otherThan, regionNamed } from "./two-regions.ts";

/** The region that has it, else the one that the witness names; undefined when nobody has. */
export function activeRegion(asked: AskedGroup): AskedRegion | undefined {
  const active = asked.regions.find(
    ({ report }) => report !== null && report.status.authority.kind !== "none",
  );
  if (active !== undefined) return active;
  const holders = asked.reports.flatMap(({ status }) =>
    status.witness.holder === null ? [] : [status.witness.holder],
  );
  return asked.regions.find(({ region }) => holders.includes(region));
}

export type TwoEnds = { readonly from: AskedRegion; readonly to: AskedRegion };

/** From the active region to the other one, or to the one that is named. Fails with NotFound or StepTooEarly. */
export function endsOf(asked: AskedGroup, toName: string | undefined): TwoEnds {
  if (toName !== undefined) {
    return { from: otherThan(asked, toName), to: regionNamed(asked, toName) };
  }
  const from = activeRegion(asked);
  if (from !== undefined) return { from, to: otherThan(asked, from.region) };
  throw new Failure("StepTooEarly", `nobody has the right to write ${asked.group} now`, {
    remedy: "Look with `sovereign failover status`; name the region with --region.",
  });
}
