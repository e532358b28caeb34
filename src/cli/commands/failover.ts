/** `sovereign failover`: look at a failover group, ask why and what if, and tell its agents what to do. */
import type { Command } from "commander";
import { group, type Run } from "../command.ts";
import { addApproveCommand } from "./failover-approve.ts";
import { addLookCommands } from "./failover-look.ts";
import { addMoveCommands } from "./failover-move.ts";
import { addOrderCommands } from "./failover-order.ts";

/** The group `sovereign failover`. */
export function failoverCommand(run: Run): Command {
  const failover = group(
    "failover",
    "Ask the agents of a failover group who serves, why, and what if; tell them what to do.",
  );
  addLookCommands(failover, run);
  addApproveCommand(failover, run);
  addMoveCommands(failover, run);
  addOrderCommands(failover, run);
  return failover;
}
