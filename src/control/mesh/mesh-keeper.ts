/**
 * Keeps the Services of a region as its authority has it (ADR 45): it looks at where the agent stands, plans, writes step by step, and is waited for
 * by nobody. It decides nothing about authority: when it can do nothing, a failover goes on without it, and people are told.
 */
import { AssertionError } from "../../core/kernel/assert.ts";
import { Failure } from "../../core/kernel/failure.ts";
import type { JsonObject } from "../../core/kernel/json.ts";
import { ownersText } from "../../core/mesh/mesh-owners.ts";
import { type MeshStanding, type MeshStep, meshPlan } from "../../core/mesh/mesh-plan.ts";
import type { Env, Signal } from "../env.ts";
import { within } from "../failover/within.ts";
import type { MeshReading, MeshService } from "./mesh-service.ts";

export type MeshKeeperOptions = {
  readonly services: readonly MeshService[];
  /** Where this region stands at this moment. */
  readonly standing: () => MeshStanding;
  /** Looks and plans, and writes nothing. */
  readonly observeOnly: boolean;
  readonly times?: Partial<MeshTimes>;
};

export type MeshTimes = {
  /** Between two looks at where the agent stands. */
  readonly standingEveryMs: number;
  /** Between two looks at a Service when nothing happens: somebody may have changed it. */
  readonly lookEveryMs: number;
  /** After what went wrong. */
  readonly againMs: number;
  readonly limitMs: number;
};

export type MeshKeeper = {
  /** Why a failover would not move the mesh, one sentence each; empty when it would. */
  reasons(): readonly string[];
  /** Works until the signal is given. */
  run(signal: Signal): Promise<void>;
};

const usualTimes: MeshTimes = {
  standingEveryMs: 200,
  lookEveryMs: 15_000,
  againMs: 2_000,
  limitMs: 10_000,
};

type Known = {
  /** Why it is not as it has to be; null when it is. */
  readonly problem: string | null;
  readonly owned: string | null;
  /** For where the region stood then. */
  readonly standing: MeshStanding;
};

/** What one look found; `known` is null when nobody answered. */
type Found = { readonly known: Known | null; readonly because: string };

/** Nothing is asked before `run`. */
export function meshKeeper(env: Env, options: MeshKeeperOptions): MeshKeeper {
  const times = { ...usualTimes, ...options.times };
  const known = new Map<string, Known>();
  const keep = async (service: MeshService, signal: Signal): Promise<void> => {
    let told: string | null = null;
    while (!signal.aborted) {
      const standing = options.standing();
      const found = await lookOnce(env, { service, standing, options, times, signal });
      if (signal.aborted) return;
      const now = found.known ?? unanswered(known.get(service.id), standing, found.because);
      known.set(service.id, now);
      if (now.problem !== told) tell(env, service.id, now.problem);
      told = now.problem;
      const isWell = found.known !== null && now.problem === null;
      const waitMs = isWell ? times.lookEveryMs : times.againMs;
      await untilDue(env, options, { standing, waitMs, everyMs: times.standingEveryMs, signal });
    }
  };
  return {
    reasons: () =>
      options.services.flatMap(({ id }) => {
        const one = known.get(id);
        if (one === undefined) return [`the Service ${id} of the mesh was not looked at yet`];
        return [one.problem, one.owned].filter((text) => text !== null);
      }),
    async run(signal) {
      await Promise.all(options.services.map((service) => keep(service, signal)));
    },
  };
}

/** What was settled stays so while nobody answers, as long as nothing else is wanted: an API server that is away for a moment is no reason. */
function unanswered(before: Known | undefined, standing: MeshStanding, because: string): Known {
  const isStill = before?.problem === null && isSame(before.standing, standing);
  return isStill ? before : { problem: because, owned: before?.owned ?? null, standing };
}

type Look = {
  readonly service: MeshService;
  readonly standing: MeshStanding;
  readonly options: MeshKeeperOptions;
  readonly times: MeshTimes;
  readonly signal: Signal;
};

async function lookOnce(env: Env, look: Look): Promise<Found> {
  const { service, standing, times } = look;
  const what = `the Service ${service.id} of the mesh`;
  try {
    const reading = await within(env.clock, times.limitMs, `reading ${what}`, (until) =>
      service.read(until),
    );
    if (reading.kind === "refused") {
      const problem = `${what} can not be read: ${reading.because}`;
      return { known: { problem, owned: null, standing }, because: "" };
    }
    const owned = ownersText(service.id, reading.owners);
    const problem = await carryOut(env, look, reading);
    return { known: { problem, owned, standing }, because: "" };
  } catch (thrown) {
    if (thrown instanceof AssertionError) throw thrown;
    const { message } = Failure.from(thrown, what);
    return { known: null, because: `${what} can not be looked at: ${message}` };
  }
}

type Seen = Extract<MeshReading, { readonly kind: "seen" }>;

/** Why the Service is not as it has to be afterwards; null when it is. */
async function carryOut(env: Env, look: Look, first: Seen): Promise<string | null> {
  const { service, standing, options, times, signal } = look;
  const plan = meshPlan(standing, first.facts);
  if (plan.kind === "settled") return null;
  const what = `the Service ${service.id} of the mesh`;
  if (plan.kind === "outlived") return `${what} is left alone: ${plan.because}`;
  if (options.observeOnly) return null;
  let seen = first;
  for (const step of plan.steps) {
    // A region that stands elsewhere by now is planned for anew.
    if (signal.aborted || !isSame(standing, options.standing())) return null;
    const { version } = seen;
    const done = await within(env.clock, times.limitMs, `writing ${what}`, (until) =>
      service.write(step, version, until),
    );
    if (done.kind === "moved") return `${what} was changed by somebody meanwhile`;
    if (done.kind === "refused") {
      return `${what} can not be changed (${step.reason}): ${done.because}`;
    }
    journal(env, service.id, step);
    seen = done;
  }
  return null;
}

const isSame = (one: MeshStanding, other: MeshStanding): boolean =>
  one.kind === other.kind &&
  (one.kind === "between" || other.kind === "between" || one.epoch === other.epoch);

/** Until it is time to look again, or the region stands elsewhere. */
async function untilDue(
  { clock }: Env,
  { standing }: MeshKeeperOptions,
  due: {
    readonly standing: MeshStanding;
    readonly waitMs: number;
    readonly everyMs: number;
    readonly signal: Signal;
  },
): Promise<void> {
  const endsAtMs = clock.monotonicMs() + due.waitMs;
  while (!due.signal.aborted && isSame(due.standing, standing())) {
    const restMs = endsAtMs - clock.monotonicMs();
    if (restMs <= 0) return;
    await clock.sleep(Math.min(due.everyMs, restMs), due.signal);
  }
}

function journal(env: Env, service: string, { reason, because, epoch, values }: MeshStep): void {
  env.log.info("the mesh follows authority", { service, reason, because, epoch });
  append(env, "mesh.changed", { service, reason, because, epoch, values: { ...values } });
}

function tell(env: Env, service: string, problem: string | null): void {
  if (problem === null) {
    append(env, "mesh.settled", { service });
    return;
  }
  env.log.warn("the mesh does not follow authority", { service, because: problem });
  append(env, "mesh.unsettled", { service, because: problem });
}

/** Not awaited: a journal that is slow or full keeps nobody from serving. */
function append(env: Env, type: string, data: JsonObject): void {
  void env.journal.append({ type, data }).catch((thrown: unknown) => {
    env.log.error("not journalled", { failure: Failure.from(thrown, "journal").toJson() });
  });
}
