/**
 * The watchdog's program for CloudNativePG (docs/guides/cloudnativepg.md): ends the writing of the given Clusters by their fencing annotation, and sees at
 * the addresses of their Pods that no server is left. It needs the API server of its region: without that it fails, and says so. Exit 0: nothing takes writes.
 */
import { writeSync } from "node:fs";
import { parseArgs } from "node:util";
import { systemClock } from "../../adapters/clock.ts";
import { hasFollowed } from "../../adapters/cloudnativepg/cluster-view.ts";
import {
  type StopHands,
  stopOnce,
  takesNoWrites,
} from "../../adapters/cloudnativepg/stop-cluster.ts";
import { openAs } from "../../adapters/kubernetes/open-as.ts";
import type { KubernetesChoice } from "../../adapters/kubernetes/open-kubernetes.ts";
import { codes } from "../../core/kernel/codes.ts";
import { Failure } from "../../core/kernel/failure.ts";

const usage =
  "usage: main.js {--cluster <namespace>/<name>}… [--kubeconfig <file> [--context <name>]] [--port <port>] [--mode all|confirm] [--limit <ms>]\n";

const lookEveryMs = 100;
/** Of the limit, for one question: several have to fit. */
const askShare = 0.3;

type Order = {
  readonly clusters: readonly { readonly namespace: string; readonly name: string }[];
  readonly choice: KubernetesChoice;
  readonly podPort: number;
  readonly isConfirm: boolean;
  readonly limitMs: number;
};

/** Undefined where it is not complete. */
function readOrder(): Order | undefined {
  const one = { type: "string" } as const;
  const { values } = parseArgs({
    options: {
      cluster: { type: "string", multiple: true },
      ...{ kubeconfig: one, context: one },
      port: { type: "string", default: "5432" },
      mode: { type: "string", default: "all" },
      limit: { type: "string", default: "8000" },
    },
  });
  const { cluster = [], kubeconfig, context, mode } = values;
  const clusters = cluster.flatMap((text) => {
    const [namespace, name, ...more] = text.split("/");
    return namespace && name && more.length === 0 ? [{ namespace, name }] : [];
  });
  const [podPort, limitMs] = [Number(values.port), Number(values.limit)];
  const isRight =
    clusters.length > 0 &&
    clusters.length === cluster.length &&
    (mode === "all" || mode === "confirm") &&
    podPort >= 1 &&
    podPort <= 65_535 &&
    limitMs >= 1 &&
    limitMs <= 3_600_000;
  if (!isRight) return undefined;
  const choice: KubernetesChoice =
    kubeconfig === undefined
      ? { inCluster: true }
      : { kubeconfig, ...(context === undefined ? {} : { context }) };
  return { clusters, choice, podPort, isConfirm: mode === "confirm", limitMs };
}

async function main(): Promise<number> {
  const order = readOrder();
  if (order === undefined) {
    writeSync(2, usage);
    return codes.UsageInvalid.exitCode;
  }
  const { clusters, choice, podPort, isConfirm, limitMs } = order;
  const { api, close } = await openAs("agent", choice);
  try {
    const outcomes = await Promise.allSettled(
      clusters.map((place) => {
        let isOrderOut = true;
        const hands: StopHands = {
          cluster: { api, ...place },
          podPort,
          clock: systemClock,
          askMs: limitMs * askShare,
          parts: null,
          // Nobody asks its server here.
          follows: async (view) => hasFollowed(view) && !view.isFenced && !view.isSwitching,
          // The agent's, of which nothing is known here.
          isOrderOut: () => isOrderOut,
          orderIsOver() {
            isOrderOut = false;
          },
        };
        return isConfirm ? takesNoWrites(hands) : stop(hands, limitMs);
      }),
    );
    for (const one of outcomes) if (one.status === "rejected") throw one.reason;
    return outcomes.every((one) => one.status === "fulfilled" && one.value) ? 0 : 1;
  } finally {
    close();
  }
}

/** True when it takes no writes; what fails is tried again while there is time. */
async function stop(hands: StopHands, limitMs: number): Promise<boolean> {
  const endMs = systemClock.monotonicMs() + limitMs;
  for (;;) {
    const restMs = endMs - systemClock.monotonicMs();
    try {
      if ((await stopOnce(hands, restMs)) !== "writes") return true;
    } catch (thrown) {
      if (restMs <= 0) throw thrown;
    }
    if (restMs <= 0) return false;
    await systemClock.sleep(lookEveryMs);
  }
}

try {
  process.exitCode = await main();
} catch (thrown) {
  const isUsage = thrown instanceof TypeError && "code" in thrown;
  const failure = Failure.from(thrown, "fencing CloudNativePG");
  writeSync(2, isUsage ? usage : `${JSON.stringify(failure.toJson())}\n`);
  process.exitCode = isUsage ? codes.UsageInvalid.exitCode : codes.FenceFailed.exitCode;
}
