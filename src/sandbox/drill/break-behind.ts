/**
 * The break of a drill that loses something: the regions are cut off from each other, the active one goes on without its standby and then
 * dies, and the standby is left with what it had. Held by the supervisor's connection, as every break.
 */
import { Failure } from "../../core/kernel/failure.ts";
import type { SandboxConnection } from "../connection.ts";
import type { Breaker } from "./break-ledger.ts";
import { heldFaults } from "./held-faults.ts";

export type BehindTools = {
  readonly connection: Pick<SandboxConnection, "request">;
  readonly standby: string;
  /** Resolves when writes went on without the standby for long enough; false: they never did. */
  readonly wroteAlone: () => Promise<boolean>;
  readonly tell: (text: string) => void;
};

/** What kills `active` while its standby is behind. Its `begin` fails with DrillRefused where nothing fell behind. */
export function behindBreaker(active: string, tools: BehindTools): Breaker {
  const { connection, standby, tell } = tools;
  const { breakBy, restore } = heldFaults(connection);
  return {
    unmet: () => [],
    async begin() {
      await breakBy(standby, "peer-cut");
      tell(`${standby} is cut off from ${active}`);
      if (!(await tools.wroteAlone()))
        throw new Failure("DrillRefused", `Commits never went on without ${standby}.`, {
          where: active,
        });
      await breakBy(active, "kill");
      tell(`${active} is killed`);
      // Nobody is there any more from whom it could catch up.
      await restore(standby);
      tell(`the regions reach each other again, and ${standby} has what it had`);
    },
    async restore() {
      await restore(active);
      await restore(standby);
    },
  };
}
