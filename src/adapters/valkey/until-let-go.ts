/**
 * Waits until the standby has let go of a server that fell. It may have come up without its newest data, and nothing in them says so: a
 * standby that is still connected would take over what it comes back with, and give up what only it has.
 */
import { gatePort } from "./gate-text.ts";
import { readInfo, withServer } from "./valkey-connection.ts";
import type { Context } from "./valkey-context.ts";

const lookEveryMs = 100;

/** Ends when it let go, when it can not be asked and had the time for it, when it does not for long, or when this side was fenced. */
export async function untilLetGo(context: Context, epoch: number): Promise<void> {
  const { clock, limits, life } = context;
  const beganMs = clock.monotonicMs();
  for (;;) {
    const standby = await hasLetGo(context);
    const waitedMs = clock.monotonicMs() - beganMs;
    if (standby === true || life.servedEpoch !== epoch) return;
    if (waitedMs >= (standby === null ? limits.letGoMs : limits.letGoMostMs)) return;
    await clock.sleep(lookEveryMs);
  }
}

/** Null when it does not answer. */
function hasLetGo({ peer, limits }: Context): Promise<boolean | null> {
  return withServer(peer, { limitMs: Math.min(limits.askMs, limits.letGoMs) }, async (ask) => {
    const { isReplica, follows } = await readInfo(ask);
    return !isReplica || follows?.port === gatePort;
  }).catch(() => null);
}
