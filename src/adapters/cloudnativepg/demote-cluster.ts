/** Makes a fenced Cluster follow its peer, in whichever state it is: CloudNativePG writes its demotion token and lifts the fence when that is done. */
import { applyRole } from "./cluster-access.ts";
import type { Context } from "./cluster-context.ts";
import { roleOfView } from "./role-patch.ts";

const limitMs = 10_000;

/** Does nothing where it follows already, and where a promotion came in between. Fails as writing the role does. */
export async function demote(context: Context): Promise<void> {
  const { life, clock, parts } = context;
  let isWritten = false;
  await applyRole(context, {
    limitMs,
    to(view) {
      isWritten = view.isFenced && !view.isReplica && life.servedEpoch === null;
      if (!isWritten) return null;
      // It stays fenced until CloudNativePG has its word of where it ended.
      return { ...roleOfView(view, parts), isReplica: true, token: null, sync: "required" };
    },
  });
  if (isWritten) life.demotedAtMs = clock.monotonicMs();
}
