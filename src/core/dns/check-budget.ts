/**
 * How many health checks every name server would run, and what is done when they are too many: PowerDNS runs one thread
 * for each (address, URL, options) and ends when it can not start one (facts of PowerDNS §0.7; DESIGN §3).
 */
import type { CheckLimits } from "../resources/sovereign-checks.ts";
import { addressTypes } from "./idioms.ts";
import { leasePath } from "./lease-path.ts";
import { type Probe, writeProbeUrl } from "./probe.ts";
import { type Placed, probedRegions } from "./records.ts";

export type CheckState =
  /** All Applications have probes of their own, and they fit. */
  | "withinBudget"
  /** Above the budget the Applications share the Sovereign's probe, and now they fit. */
  | "shared"
  /** Above the budget, and nothing (more) can be shared; still below the hard limit. */
  | "aboveBudget"
  /** Above the hard limit: no record that needs a check is changed. */
  | "aboveHardLimit";

export type CheckPlan = {
  readonly state: CheckState;
  /** Checks on every name server when every name is asked for, the sentinels of `_why` counted. */
  readonly planned: number;
  readonly budget: number;
  readonly hardLimit: number;
  /** Applications that are checked by the shared probe in place of their own. */
  readonly sharing: number;
  readonly because: string;
};

type Counted = Pick<Placed, "placement" | "regions" | "probe">;

/** How many different checks these Applications make on every name server that is asked for all of them. */
export function countChecks(applications: readonly Counted[]): number {
  const checks = new Set<string>();
  for (const application of applications.filter(isProbed)) {
    const url = writeProbeUrl(application.probe);
    for (const type of addressTypes) {
      const addresses = probedRegions(application, type).flatMap(
        (region) => region.addresses[type],
      );
      for (const address of addresses) checks.add(`${address} ${url}`);
      // The sentinel by which `_why` knows that nothing is up is a check as well.
      if (addresses.length > 0) checks.add(`${type} ${url}`);
    }
  }
  return checks.size;
}

/** Whether a record of the Application, or the one that explains it, makes checks. */
export function isProbed({ placement }: Pick<Placed, "placement">): boolean {
  return placement !== "single-region";
}

export type BudgetedProbes = {
  readonly plan: CheckPlan;
  /** The probe of an Application: its own, or the shared one. */
  readonly probeOf: (application: Placed) => Probe;
};

/** Decides which probes are used; pure, so that all control planes decide alike for a commit. */
export function budgetChecks(
  applications: readonly Placed[],
  limits: CheckLimits,
  shared: Probe | undefined,
): BudgetedProbes {
  const { budget, hardLimit } = limits;
  const own = countChecks(applications);
  const judge = (planned: number, sharing: number): CheckPlan => {
    const state = stateOf(planned, sharing, limits);
    return {
      state,
      planned,
      budget,
      hardLimit,
      sharing,
      because: reasonOf(state, own, planned, limits),
    };
  };
  if (own <= budget || shared === undefined) {
    return { plan: judge(own, 0), probeOf: ({ probe }) => probe };
  }
  const probeOf = (application: Placed): Probe =>
    mayShare(application, shared) ? sharedBy(application, shared) : application.probe;
  const planned = countChecks(applications.map((one) => ({ ...one, probe: probeOf(one) })));
  return {
    plan: judge(planned, applications.filter((one) => mayShare(one, shared)).length),
    probeOf,
  };
}

/** Under a lease one probe for the whole group, at the same host: health alone never decides there (DESIGN §3). */
function sharedBy({ lease }: Placed, shared: Probe): Probe {
  if (lease === undefined || shared.scheme === "tcp") return shared;
  return { ...shared, path: leasePath(lease.group) };
}

/** Only a probe that nobody chose a host for may be exchanged: who names a host wants that one asked. */
function mayShare(application: Placed, shared: Probe): boolean {
  const { probe, fqdn, lease } = application;
  if (lease !== undefined && shared.scheme === "tcp") return false;
  return isProbed(application) && probe.scheme !== "tcp" && probe.host === fqdn;
}

function stateOf(planned: number, sharing: number, { budget, hardLimit }: CheckLimits): CheckState {
  if (planned > hardLimit) return "aboveHardLimit";
  if (planned > budget) return "aboveBudget";
  return sharing > 0 ? "shared" : "withinBudget";
}

function reasonOf(state: CheckState, own: number, planned: number, limits: CheckLimits): string {
  const { budget, hardLimit } = limits;
  switch (state) {
    case "withinBudget":
      return `${planned} checks are within the budget of ${budget}`;
    case "shared":
      return `probes of their own would be ${own} checks, above the budget of ${budget}; with the shared probe they are ${planned}`;
    case "aboveBudget":
      return `${planned} checks are above the budget of ${budget}; declare \`spec.checks.shared\`, or let Applications share a health check`;
    case "aboveHardLimit":
      return `${planned} checks are above the hard limit of ${hardLimit}, at which a name server may end`;
  }
}
