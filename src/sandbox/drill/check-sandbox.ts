/** Whether a drill may begin at all: the region is known, nothing is broken already, and everything runs. */
import { Failure } from "../../core/kernel/failure.ts";
import type { SandboxStatus } from "../protocol.ts";

/** Fails with NotFound or DrillRefused; `region` is the one that was wished for, if any. */
export function checkSandbox(region: string | undefined, status: SandboxStatus): void {
  const known = status.regions.map(({ cluster }) => cluster);
  if (region !== undefined && !known.includes(region))
    throw new Failure(
      "NotFound",
      `There is no region ${region}; there are ${known.join(" and ")}.`,
      {
        field: "--region",
        remedy: "Give the name of one of these regions' clusters.",
      },
    );
  const broken = status.regions.find(({ fault }) => fault !== undefined);
  if (broken !== undefined)
    throw new Failure("DrillRefused", `Region ${broken.cluster} is broken already.`, {
      where: broken.cluster,
      remedy: "Wait for the drill that broke it, or restore it first.",
    });
  if (!status.ready)
    throw new Failure(
      "DrillRefused",
      `The sandbox is not ready: it waits for ${status.waitingFor.join(", ")}.`,
      { remedy: "Wait until it is, then run the drill again." },
    );
}
