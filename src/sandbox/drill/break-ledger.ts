/** Doing and undoing what a drill of data breaks: held by the supervisor's connection, ordered by a person, or repeated. */
import { type LedgerKind, ledgerKindFacts } from "../../core/drill/ledger-kinds.ts";
import type { StatedLoss } from "../../core/drill/stated-loss.ts";
import { Failure } from "../../core/kernel/failure.ts";
import type { SandboxConnection } from "../connection.ts";
import { isOffered } from "./ledger-plan.ts";

export type BreakTools = {
  readonly connection: SandboxConnection;
  /** Asks the agent of a region to hand over to its peer. */
  readonly order: (region: string) => Promise<void>;
  /** Whether the agent of a region serves again, and had time to renew: asked between two restarts. */
  readonly agentIsBack: (region: string) => Promise<boolean>;
  readonly progress: (line: string) => void;
};

export interface Breaker {
  /** Resolves when it is broken; for restarts when all of them are done. */
  begin(): Promise<void>;
  /** Undoes it; safe to call again, and before `begin`. */
  restore(): Promise<void>;
  /** What should have come of it while it began, and did not; absent where that is only seen afterwards. */
  unmet?(): readonly string[];
  /** What people were told and approved; absent where nothing may be lost, undefined before they were. */
  stated?(): StatedLoss | undefined;
}

const breakTimeoutMs = 60_000;
const restoreTimeoutMs = 180_000;
const sayEvery = 10;

/** What breaks `region` by the kind. */
export function breakerOf(
  kind: LedgerKind,
  region: string,
  options: BreakTools & { readonly restarts: number; readonly stopped: () => boolean },
): Breaker {
  const { how } = ledgerKindFacts[kind];
  const { connection, order, restarts, progress } = options;
  let isBroken = false;
  const breakBy = async (wanted: Parameters<typeof isOffered>[0]): Promise<void> => {
    if (!isOffered(wanted))
      throw new Failure("DrillRefused", `This sandbox can not break anything by "${wanted}".`);
    isBroken = true; // Before the request: its reply may get lost, its effect not.
    await connection.request(
      { command: "break", region, fault: wanted, hold: "connection" },
      { timeoutMs: breakTimeoutMs },
    );
  };
  const restore = async (): Promise<void> => {
    if (!isBroken) return;
    await connection.request({ command: "restore", region }, { timeoutMs: restoreTimeoutMs });
    isBroken = false;
  };
  const restartAll = async (): Promise<void> => {
    for (let round = 1; round <= restarts && !options.stopped(); round++) {
      await breakBy("agent-kill");
      await restore();
      // How long a start takes is the machine's; a lease that is over by then is lost, and rightly.
      if (!(await options.agentIsBack(region))) {
        progress(`${region} does not serve after restart ${round}; no more of them.`);
        return;
      }
      if (round % sayEvery === 0) progress(`${round} of ${restarts} restarts.`);
    }
  };
  return {
    restore,
    async begin() {
      if (how.by === "fault") await breakBy(how.fault);
      else if (how.by === "order") await order(region);
      else if (how.by === "restarts") await restartAll();
    },
  };
}
