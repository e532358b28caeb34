/**
 * One request and its answer, with a limit for each try and a budget for all: an API server that says *later* (429, 503) did nothing,
 * so that asking again is safe within the budget. Everything else that is not an answer is a Failure which says whether there is a doubt.
 */
import type { Clock, Signal } from "../../control/env.ts";
import { backoffMs } from "../../core/kernel/backoff.ts";
import { Failure } from "../../core/kernel/failure.ts";
import type { Random } from "../../core/kernel/random.ts";
import { bounded } from "../bounded.ts";
import { boundedText } from "../bounded-text.ts";
import type { ApiAccess } from "./api-access.ts";
import { openDoor } from "./door.ts";
import { type Begun, type KubeConnection, type KubeRequest, reasonOf } from "./kube-connection.ts";
import { retryAfterMs } from "./retry-after.ts";
import { isDisruptionBudget, wordsOf } from "./status-object.ts";
import { trustRemedy } from "./turned-away.ts";
import { warningsIn } from "./warning-header.ts";

export type KubeAnswer = {
  readonly status: number;
  readonly text: string;
  readonly retryAfterMs: number | null;
  readonly warnings: readonly string[];
};

export type CallLimits = {
  /** One try, from its beginning to the last byte of its answer. */
  readonly requestMs: number;
  /** All tries of one call with the pauses between them. */
  readonly budgetMs: number;
  readonly answerBytesMax: number;
};

export type Caller = {
  readonly access: ApiAccess;
  readonly connection: KubeConnection;
  readonly clock: Clock;
  readonly random: Random;
  readonly limits: CallLimits;
};

export type CallOptions = {
  /** Whether the server would change something. */
  readonly isWrite: boolean;
  readonly signal: Signal | undefined;
};

const triesMax = 6;
const backoff = { firstMs: 250, ceilingMs: 8_000 };

/** The answer, whatever its status. Fails as the port says. */
export async function call(
  caller: Caller,
  request: KubeRequest,
  options: CallOptions,
): Promise<KubeAnswer> {
  const { clock, limits, access } = caller;
  const endsAtMs = clock.monotonicMs() + limits.budgetMs;
  for (let attempt = 1; ; attempt++) {
    const restMs = Math.max(1, endsAtMs - clock.monotonicMs());
    const limitMs = Math.min(limits.requestMs, restMs);
    const answer = await askOnce(caller, request, {
      ...options,
      limitMs,
      mayRepeat: attempt === 1,
    });
    if (answer === "again") continue;
    if (!saysLater(answer, options.isWrite)) return answer;
    const pauseMs = answer.retryAfterMs ?? backoffMs(attempt, backoff, caller.random);
    if (attempt >= triesMax || clock.monotonicMs() + pauseMs > endsAtMs) {
      throw askedToComeBack(access.id, answer);
    }
    await clock.sleep(pauseMs, options.signal);
    if (options.signal?.aborted === true) throw cancelled(access.id);
  }
}

/** Whether the server did nothing and wants to be asked later. An eviction that a disruption budget forbids is an answer. */
function saysLater({ status, text, retryAfterMs: afterMs }: KubeAnswer, isWrite: boolean): boolean {
  if (status === 429) return !isDisruptionBudget(text);
  return status === 503 && (afterMs !== null || !isWrite);
}

type Try = CallOptions & { readonly limitMs: number; readonly mayRepeat: boolean };

async function askOnce(
  { access, connection, clock, limits }: Caller,
  request: KubeRequest,
  options: Try,
): Promise<KubeAnswer | "again"> {
  if (options.signal?.aborted === true) throw cancelled(access.id);
  const limit = bounded(options.limitMs, options.signal);
  const late = `no whole answer within ${options.limitMs} ms`;
  try {
    const door = await openDoor(access, limit.signal);
    if (door === undefined) throw unheard(access.id, unopened(options.limitMs), options);
    const begun = await connection.begin(request, door, limit.signal);
    if (begun.kind === "silent") {
      if (begun.isStale && options.mayRepeat && !limit.signal.aborted) return "again";
      const because = limit.isLate() ? late : begun.because;
      throw unheard(access.id, { ...begun, because }, options);
    }
    const { response } = begun;
    const text = await boundedText(response, limits.answerBytesMax).catch((thrown: unknown) => {
      const because = limit.isLate() ? late : reasonOf(thrown);
      throw unheard(access.id, { isSent: true, because }, options);
    });
    return {
      status: response.statusCode ?? 0,
      text,
      retryAfterMs: retryAfterMs(response.headers["retry-after"], clock.nowMs()),
      warnings: warningsIn(response.headers["warning"]),
    };
  } finally {
    limit.end();
  }
}

/** That nothing was sent, because what is shown at the door could not be read in time. */
export function unopened(limitMs: number): { readonly isSent: false; readonly because: string } {
  return { isSent: false, because: `its credentials were not read within ${limitMs} ms` };
}

/** What it means that no answer came. */
export function unheard(
  id: string,
  { isSent, because }: Pick<Begun & { kind: "silent" }, "isSent" | "because">,
  { isWrite, signal }: CallOptions,
): Failure {
  const where = { where: id };
  if (isWrite && isSent) {
    const message = `${id} was asked to write and did not answer (${because}): whether it did is not known`;
    return new Failure("KubernetesUncertain", message, where);
  }
  if (signal?.aborted === true) return cancelled(id);
  return new Failure("KubernetesUnreachable", `${id} can not be reached: ${because}`, {
    ...where,
    ...(/CERT|SELF_SIGNED|VERIFY/.test(because) ? { remedy: trustRemedy } : {}),
  });
}

function cancelled(id: string): Failure {
  return new Failure("Cancelled", `asking ${id} was stopped`, { where: id });
}

function askedToComeBack(id: string, { status, text, retryAfterMs: afterMs }: KubeAnswer): Failure {
  const when = afterMs === null ? "later" : `in ${Math.ceil(afterMs / 1_000)} s`;
  const message = `${id} asks to come back ${when} (${status}: ${wordsOf(text)})`;
  return new Failure("KubernetesUnreachable", message, { where: id });
}
