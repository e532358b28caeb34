/** Ends the writing of this region's server: in peace where it answers, by its process where not; then it goes on behind its gate. */
import { Failure } from "../../core/kernel/failure.ts";
import { isMarked, unmarkServing } from "./serving-mark.ts";
import { startGated } from "./start-server.ts";
import { fullPlan, isFenced, refuseWriter, stopWriting } from "./stop-writing.ts";
import { readInfo, withServer } from "./valkey-connection.ts";
import { type Context, closeGate } from "./valkey-context.ts";
import { type ValkeyProcess, valkeyProcesses } from "./valkey-processes.ts";

/** Part of the time in which it is asked; the rest is for ending it. */
const askShare = 0.4;
const lookEveryMs = 5;

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
  const { server, place, clock, life, name, limits } = context;
  const { fenceMs } = limits;
  const beganMs = clock.monotonicMs();
  const askMs = fenceMs * askShare;
  // The gate is for the next start; a full disk must not keep this one running.
  const gated = await server.ready().then(
    () => null,
    (thrown: unknown) => thrown,
  );
  const [found, ...others] = await valkeyProcesses(place.dataFolder);
  if (found === undefined) await refuseWriter(place, askMs);
  const isOne = others.length === 0;
  if (found !== undefined && !(isOne && (await isInPeace(context, found, askMs)))) {
    const limitMs = Math.max(1, fenceMs - (clock.monotonicMs() - beganMs));
    const options = { limitMs, askMs: limitMs / 4, clock };
    // What may be told to take writes yet is ended, whatever it answers now.
    if (!(await stopWriting(place, fullPlan(limitMs), options))) {
      throw new Failure("FenceFailed", `${name}: the server does not end`, {
        where: place.dataFolder,
      });
    }
  }
  life.order = "none";
  if (!(await server.hasFolder())) return;
  if (gated !== null) throw gated;
  await unmarkServing(place.stateFolder);
  restart(context);
}

/** True when it was seen, twice, to refuse writes, and nothing that was sent can change that. */
async function isInPeace(
  context: Context,
  found: ValkeyProcess,
  limitMs: number,
): Promise<boolean> {
  const { life, clock, local, place } = context;
  if (found.isStopped) return false;
  const endMs = clock.monotonicMs() + limitMs / 2;
  while (life.order === "sent" && clock.monotonicMs() < endMs) await clock.sleep(lookEveryMs);
  if (life.order !== "none") return false;
  const isDone = await withServer(local, { limitMs: limitMs / 2 }, async (ask) => {
    const before = await readInfo(ask);
    if (before.pid !== found.pid) return false;
    if (!before.isReplica || !before.isReadOnly) await closeGate(ask);
    // An order that another process left in the server's hands is carried out before this is answered.
    const after = await readInfo(ask);
    return after.isReplica && after.isReadOnly;
  }).catch(() => false);
  if (!isDone) return false;
  if (await isMarked(place.stateFolder, found)) await unmarkServing(place.stateFolder);
  return isFenced(place, limitMs / 2);
}

/** It goes on behind its gate, so that its peer can get what it still has. */
function restart(context: Context): void {
  const { life } = context;
  if (life.restarting !== null) return;
  life.restarting = startGated(context)
    // Whoever tends the server tries again, and tells of it.
    .catch(() => undefined)
    .finally(() => {
      life.restarting = null;
    });
}
