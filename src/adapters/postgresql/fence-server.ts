/** Ends the writing of this region's server, and lets it go on as a standby behind its gate. */
import { Failure } from "../../core/kernel/failure.ts";
import { unmarkPromoting } from "./gate.ts";
import { startGated } from "./own-settings.ts";
import type { Context } from "./postgres-context.ts";
import { fullPlan, stopWriting } from "./stop-writing.ts";

/** Resolves when the service takes no writes any more; two that ask at one time get the same end. Fails with FenceFailed. */
export function fenceServer(context: Context): Promise<void> {
  const { life } = context;
  life.fences += 1;
  life.servedEpoch = null;
  life.fencing ??= fence(context).finally(() => {
    life.fencing = null;
  });
  return life.fencing;
}

async function fence(context: Context): Promise<void> {
  const { server, clock, limits, name } = context;
  const { dataFolder } = server;
  const { fenceMs: limitMs } = limits;
  if (!(await stopWriting(dataFolder, fullPlan(limitMs), { limitMs, clock }))) {
    throw new Failure("FenceFailed", `${name}: processes of PostgreSQL do not end`, {
      where: dataFolder,
    });
  }
  if (!(await server.hasData())) return;
  await unmarkPromoting(dataFolder);
  restart(context);
}

/** It goes on as a standby, so that its peer gets what it still has, and its final position can be measured. */
function restart(context: Context): void {
  const { life, server } = context;
  if (life.restarting !== null || life.isReplacing) return;
  const start = async (): Promise<void> => {
    if (life.isReplacing || (await server.copies.isTorn()) || (await server.isRunning())) return;
    await startGated(context);
  };
  life.restarting = start()
    // Whoever tends the server tries again, and tells of it.
    .catch(() => undefined)
    .finally(() => {
      life.restarting = null;
    });
}
