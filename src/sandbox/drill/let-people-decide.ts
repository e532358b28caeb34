/**
 * Two people and a loss: what the standby's agent states is read, it is proven that neither time nor one person makes it take over, and
 * then both approve exactly what was stated (DESIGN §7.7).
 */
import type { StatedLoss } from "../../core/drill/stated-loss.ts";
import { bytesToApprove } from "../../core/failover/loss.ts";
import type { PeopleReport } from "../../core/failover/people-report.ts";
import { defaultRtoWorld } from "../../core/failover/rto-lines.ts";
import { whatIf } from "../../core/failover/what-if.ts";
import { humanDurationMs } from "../../core/kernel/duration.ts";
import { Failure } from "../../core/kernel/failure.ts";
import type { LossPeople } from "./approve-loss.ts";
import { refusal } from "./plan-drill.ts";

export type DecisionTools = {
  readonly people: LossPeople;
  /** What the agent of the region that would take over says now. */
  readonly report: () => Promise<PeopleReport | undefined>;
  /** True as soon as `done`, false at the limit. */
  readonly until: (done: () => boolean | Promise<boolean>, limitMs: number) => Promise<boolean>;
  readonly nowMs: () => number;
  readonly tell: (text: string) => void;
};

export type Decision = {
  /** Cluster that was lost, and the one that would take over. */
  readonly lost: string;
  readonly region: string;
  /** How long nobody may take over with too few approvals, each time. */
  readonly proveMs: number;
  /** Until when only the loss has to stand against it. */
  readonly limitMs: number;
};

/** Why people of the sandbox could not decide it, or undefined when they can. */
export function undecidable(
  report: PeopleReport | undefined,
  { names }: Pick<LossPeople, "names">,
): string | undefined {
  if (report === undefined) return "the agent that would take over does not answer";
  const { group, failovers, approvers } = report.people;
  const dayMs = 86_400_000;
  const lossy = failovers.filter((one) => one.lossy && one.agoMs < dayMs).length;
  if (lossy >= group.safety.maxLossyPerDay)
    return `${report.cluster} took over with a loss ${lossy} times in 24 hours, and ${group.safety.maxLossyPerDay} is the most (safety.maxLossyPerDay)`;
  const known = names.filter((name) => approvers.some(({ person }) => person === name));
  return known.length < group.approvals.lossy || group.approvals.lossy < 2
    ? `a loss needs ${group.approvals.lossy} approvals, and the drill has ${known.length} people for at least two`
    : undefined;
}

/** Resolves when enough people approved; fails with TimedOut where something else stands against it, and with OrderRefused. */
export async function letPeopleDecide(
  tools: DecisionTools,
  { lost, region, proveMs, limitMs }: Decision,
): Promise<StatedLoss> {
  const { people, tell, until } = tools;
  const said = await onlyLossLeft(tools, limitMs);
  const { loss, approvalEpoch, group } = said.people;
  const foretold = whatIf({
    region: lost,
    peer: region,
    report: said,
    world: defaultRtoWorld,
  }).loss;
  const approvedBytes = bytesToApprove(loss);
  const needed = group.approvals.lossy;
  const stated = {
    region,
    bytes: foretold?.bytes ?? null,
    bytesAreAtLeast: foretold?.bytesAreAtLeast ?? true,
    seconds: foretold?.seconds ?? null,
    because: loss.because,
    approvedBytes: approvedBytes ?? 0,
    needed,
  };
  const waits: StatedLoss["waits"][number][] = [];
  const tookOver = async (): Promise<boolean> => hasAuthority(await tools.report());
  const wait = async (isOrdered: boolean): Promise<boolean> => {
    const sinceMs = tools.nowMs();
    const took = await until(tookOver, proveMs);
    const waitedMs = tools.nowMs() - sinceMs;
    waits.push({ approvals: approvedBy.length, isOrdered, waitedMs, tookOver: took });
    tell(
      took
        ? `${region} took over with ${approvedBy.length} of ${needed} approvals`
        : `nobody took over for ${humanDurationMs(waitedMs)} with ${approvedBy.length} of ${needed} approvals${isOrdered ? " and an order" : ""}`,
    );
    return took;
  };
  const approvedBy: string[] = [];
  const state = (): StatedLoss => ({ ...stated, approvedBy, waits });
  // Nothing stands against it any more, or it is done: then nobody was asked.
  if (approvedBytes === null || hasAuthority(said)) {
    waits.push({ approvals: 0, isOrdered: false, waitedMs: 0, tookOver: true });
    return state();
  }
  tell(`${region} states: ${loss.because}`);
  if (await wait(false)) return state();
  for (const person of people.names.slice(0, needed)) {
    const approved = { epoch: approvalEpoch, maxLossBytes: approvedBytes };
    await people.approve(person, region, approved);
    approvedBy.push(person);
    tell(`${person} approves a loss of ${approvedBytes} B at epoch ${approvalEpoch}`);
    if (approvedBy.length >= needed) break;
    // The order does not stand in for the people who are missing; and it stands, for when they come.
    await people.takeOver(region);
    if (await wait(true)) break;
  }
  return state();
}

/** The report by which only the loss stands against taking over, or by which it took over without anybody. */
async function onlyLossLeft(tools: DecisionTools, limitMs: number): Promise<PeopleReport> {
  let last: PeopleReport | undefined;
  const isOnly = async (): Promise<boolean> => {
    const report = await tools.report();
    if (report === undefined) return false;
    last = report;
    return hasAuthority(report) || standing(report).join() === "DataIsSafe";
  };
  const isReached = await tools.until(isOnly, limitMs);
  if (last === undefined) throw refusal("the agent that would take over does not answer", "");
  if (isReached) return last;
  throw new Failure(
    "TimedOut",
    `It is not the loss alone that keeps ${last.cluster} from taking over, but ${standing(last).join(", ") || "nothing"}.`,
    { where: last.cluster },
  );
}

const hasAuthority = (report: PeopleReport | undefined): boolean =>
  report !== undefined && report.status.authority.kind !== "none";

/** Rules that stand against taking over now. */
function standing({ people }: PeopleReport): readonly string[] {
  return (people.judgement ?? []).flatMap(({ rule, outcome }) =>
    outcome === "failed" ? [rule] : [],
  );
}
