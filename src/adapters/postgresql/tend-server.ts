/** Looks after a server between two decisions of the agent: it runs, and what fell within its own live tenure is promoted again. */
import { readClusterState } from "./control-file.ts";
import { tendCeiling } from "./keep-ceiling.ts";
import { startGated } from "./own-settings.ts";
import type { Context } from "./postgres-context.ts";
import { promoteServer } from "./promote-server.ts";

/** Fails as starting and promoting do; asked again it tries again. */
export async function tendServer(context: Context): Promise<void> {
  const { server, life } = context;
  if (life.isReplacing || life.fencing !== null) return;
  await life.restarting;
  await server.ready();
  if (!(await server.hasData()) || (await server.copies.isTorn())) return;
  if (!(await server.isRunning())) await startGated(context);
  const { servedEpoch } = life;
  const isWritable = (await readClusterState(server.dataFolder)) === "in production";
  // What was fenced in this process's time is only promoted when the agent says so.
  if (servedEpoch !== null && !isWritable && (await context.holdsTenure(servedEpoch))) {
    const { fences } = life;
    if (life.servedEpoch === servedEpoch) await promoteServer(context, servedEpoch, fences);
  }
  if (isWritable) await tendCeiling(context);
  if (life.isKept) return;
  if (life.servedEpoch !== null) {
    await server.copies.forgetCopy();
    await server.memory.setBehind(false);
  }
  await server.copies.keepConfiguration();
  life.isKept = true;
}
