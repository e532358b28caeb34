/**
 * Ends the writing of this region's Cluster by its fencing annotation, which stops every server of it; then the Cluster is made to follow its peer, so
 * that it comes up without writes, hands over what it still has, and says where it ended (its demotion token).
 */
import { Failure } from "../../core/kernel/failure.ts";
import { type Context, rowHere } from "./cluster-context.ts";
import { demote } from "./demote-cluster.ts";
import { type StopHands, stopOnce } from "./stop-cluster.ts";

const lookEveryMs = 100;

/** Resolves when the service takes no writes any more; two that ask at one time get the same end. Fails with FenceFailed. */
export function fenceCluster(context: Context): Promise<void> {
  const { life } = context;
  life.fences += 1;
  life.servedEpoch = null;
  life.ordering?.abort();
  life.fencing ??= fence(context).finally(() => {
    life.fencing = null;
  });
  return life.fencing;
}

async function fence(context: Context): Promise<void> {
  const { clock, limits, name, cluster, podPort, parts, life } = context;
  const { askMs } = limits;
  const hands: StopHands = {
    ...{ cluster, podPort, clock, askMs, parts },
    follows: () => follows(context),
    isOrderOut: () => life.isOrderOut,
    orderIsOver() {
      life.isOrderOut = false;
    },
  };
  const endMs = clock.monotonicMs() + limits.fenceMs;
  let because = "it still takes writes";
  for (;;) {
    try {
      const end = await stopOnce(hands, endMs - clock.monotonicMs());
      if (end === "absent") return;
      if (end === "follows") return;
      if (end === "stopped") {
        goOnFollowing(context);
        return;
      }
    } catch (thrown) {
      // A refused role, an API server that hangs: asked again while there is time.
      because = Failure.from(thrown, name).message;
    }
    if (clock.monotonicMs() > endMs) {
      throw new Failure("FenceFailed", `${name} is not fenced: ${because}`, {
        where: context.cluster.api.id,
        remedy:
          "Stop its Pods. While commits have to wait for the other region, none is acknowledged after that one was promoted.",
      });
    }
    await clock.sleep(lookEveryMs);
  }
}

/** By its specification and by what its server says; a role that is being taken up or given up is none yet. */
async function follows(context: Context): Promise<boolean> {
  const row = await rowHere(context).catch(() => null);
  return row?.recovering === true;
}

function goOnFollowing(context: Context): void {
  const { life } = context;
  if (life.demoting !== null) return;
  life.demoting = demote(context)
    // Whoever tends the Cluster tries again, and tells of it.
    .catch(() => undefined)
    .finally(() => {
      life.demoting = null;
    });
}
