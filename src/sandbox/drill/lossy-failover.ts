/** A failover that loses what people approved, as a break: the standby falls behind, the active region dies, and two people decide. */
import { lossyPauseMs } from "../../core/drill/ledger-kinds.ts";
import { isWriting } from "../../core/drill/ledger-progress.ts";
import type { LedgerWrite } from "../../core/drill/ledger-write.ts";
import type { StatedLoss } from "../../core/drill/stated-loss.ts";
import type { SandboxConnection } from "../connection.ts";
import type { AgentWatch, WatchedAgent } from "./agent-watch.ts";
import type { LossPeople } from "./approve-loss.ts";
import { askPeople } from "./ask-people.ts";
import { behindBreaker } from "./break-behind.ts";
import type { Breaker } from "./break-ledger.ts";
import { letPeopleDecide, undecidable } from "./let-people-decide.ts";
import { refusal } from "./plan-drill.ts";

export type LossyTools = {
  readonly connection: Pick<SandboxConnection, "request">;
  readonly people: LossPeople;
  readonly watch: Pick<AgentWatch, "now">;
  readonly writes: () => readonly LedgerWrite[];
  readonly until: (done: () => boolean | Promise<boolean>, limitMs: number) => Promise<boolean>;
  readonly nowMs: () => number;
  readonly tell: (type: string, text: string) => void;
};

export type LossyPlan = {
  /** The region that dies. */
  readonly active: string;
  readonly peer: WatchedAgent;
  readonly fast: boolean;
};

export type LossyFailover = Breaker & {
  /** What people were told and approved; undefined before they were. */
  stated(): StatedLoss | undefined;
};

/** A standby that is gone is found dead, recorded and no longer waited for well within this. */
const aloneLimitMs = 90_000;
const windowMs = 2_000;
/** The lease is outwaited, and the standby's database measured, well within this on a slow machine. */
const decideLimitMs = 180_000;

/** Its `begin` resolves when enough people approved; fails with DrillRefused before anything is broken. */
export function lossyFailover(tools: LossyTools, { active, peer, fast }: LossyPlan): LossyFailover {
  const { people, watch, until, nowMs, tell } = tools;
  const isDegraded = async (): Promise<boolean> =>
    (await watch.now()).some(
      ({ region, report }) => region === active && report?.status.sync.recorded === "degraded",
    );
  const wroteAlone = async (): Promise<boolean> => {
    const sinceMs = nowMs();
    const isAlone = async (): Promise<boolean> =>
      isWriting(tools.writes(), { nowMs: nowMs(), windowMs, sinceMs }) && (await isDegraded());
    if (!(await until(isAlone, aloneLimitMs))) return false;
    tell("drill.broken", `${active} writes without its standby`);
    const untilMs = nowMs() + lossyPauseMs(fast);
    await until(() => nowMs() >= untilMs, lossyPauseMs(fast));
    return true;
  };
  const breaker = behindBreaker(active, {
    connection: tools.connection,
    standby: peer.cluster,
    wroteAlone,
    tell: (text) => tell("drill.broken", text),
  });
  let stated: StatedLoss | undefined;
  return {
    ...breaker,
    stated: () => stated,
    async begin() {
      const because = undecidable(await askPeople(peer), people);
      if (because !== undefined) throw refusal(because, active);
      await breaker.begin();
      stated = await letPeopleDecide(
        {
          ...{ people, until, nowMs, report: () => askPeople(peer) },
          tell: (text) => tell("drill.broken", text),
        },
        { lost: active, region: peer.cluster, proveMs: lossyPauseMs(fast), limitMs: decideLimitMs },
      );
    },
  };
}
