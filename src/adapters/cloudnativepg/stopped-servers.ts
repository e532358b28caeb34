/**
 * Whether a Cluster's servers run, seen from outside: a Pod at whose address nothing listens has no server. PostgreSQL listens until its last process has
 * ended (`postmaster.c`), so that a port that refuses is a better word than that of anybody who reports.
 */
import { connect } from "node:net";
import { z } from "zod";
import type { Clock } from "../../control/env.ts";
import { resourceKinds } from "../../control/kubernetes/resource-kinds.ts";
import { Failure } from "../../core/kernel/failure.ts";
import { bounded } from "../bounded.ts";
import type { ClusterPlace } from "./cluster-options.ts";

const podShape = z.object({
  status: z.object({ podIP: z.string().optional() }).optional(),
});

export type StoppedLook = {
  readonly port: number;
  /** Of one look. */
  readonly limitMs: number;
  readonly clock: Clock;
  /** It has Pods as far as anybody knows, so that none of them seen says nothing. */
  readonly hasPods: boolean;
};

/** A server that is just being started, or again, does not listen for a moment. */
const betweenMs = 400;

/** True when no server of the Cluster ran at two looks; what can not be seen runs. Fails when its Pods can not be read. */
export async function areStopped(cluster: ClusterPlace, look: StoppedLook): Promise<boolean> {
  if (!(await areRefusing(cluster, look))) return false;
  await look.clock.sleep(betweenMs);
  return areRefusing(cluster, look);
}

async function areRefusing(
  { api, name, namespace }: ClusterPlace,
  { port, limitMs, hasPods }: StoppedLook,
): Promise<boolean> {
  const wait = bounded(limitMs);
  try {
    const labels = `cnpg.io/cluster=${name},cnpg.io/podRole=instance`;
    const listed = await api.list(resourceKinds.pod, { namespace, labels, signal: wait.signal });
    if (listed.kind !== "listed") {
      throw new Failure("KubernetesRefused", `Pods of ${name}: ${listed.because}`, {
        where: api.id,
      });
    }
    const addresses = listed.items.map((pod) => podShape.parse(pod).status?.podIP);
    if (hasPods && addresses.length === 0) return false;
    const refusing = await Promise.all(
      // A Pod without an address has nothing that anybody could write to.
      addresses.map((host) => host === undefined || refuses(host, port, limitMs)),
    );
    return refusing.every(Boolean);
  } finally {
    wait.end();
  }
}

/** Whether the machine of that address says that nothing listens there; silence says nothing. */
export function refuses(host: string, port: number, limitMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    const settle = (is: boolean): void => {
      socket.destroy();
      resolve(is);
    };
    socket.setTimeout(limitMs, () => settle(false));
    socket.once("connect", () => settle(false));
    socket.once("error", (error: NodeJS.ErrnoException) => settle(error.code === "ECONNREFUSED"));
  });
}
