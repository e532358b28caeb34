/** Whether commits wait for the peer's standby: written into the settings, and seen in force (DESIGN §7.5). */
import { closeGate } from "./gate.ts";
import { passGranted, relax, relaxedSync } from "./keep-ceiling.ts";
import { readRow, readUpstream, reload, writeOwn } from "./own-settings.ts";
import type { Context } from "./postgres-context.ts";

/** Does nothing when something else was asked since; `turn` is the number of this request. */
export async function setSyncOf(
  context: Context,
  sync: "required" | "relaxed",
  turn: number,
): Promise<void> {
  const { life, server } = context;
  if (life.syncAsked !== turn) return;
  const { recovering, follows } = await readRow(context);
  // A server that takes no writes has nothing to relax: its promotion makes commits wait again.
  if (recovering && sync === "relaxed") return;
  // Relaxed commits exist only in a server that comes up behind its gate.
  await closeGate(server.dataFolder);
  if (sync === "relaxed") return relax(context, relaxedSync(context));
  await writeOwn(context, { sync, upstream: await readUpstream(context) });
  await reload(context, { sync, follows });
  if (recovering) return;
  life.syncInForce = sync;
  await passGranted(context);
}
