/**
 * A drill from its steady state to the region's return. The break is held by the supervisor's connection, so that the
 * region comes back whatever becomes of this process; here it is restored in every other case too.
 */
import { boundsOf } from "../../core/drill/bounds.ts";
import { settledWith, settledWithout, unsteadyBecause } from "../../core/drill/progress.ts";
import {
  brokenWords,
  type DrillFacts,
  type DrillReport,
  makeReport,
  sceneOf,
} from "../../core/drill/report.ts";
import { formatDurationMs } from "../../core/kernel/duration.ts";
import type { Fault } from "../protocol.ts";
import type { DrillTools } from "./conduct-drill.ts";
import { type DrillPlan, refusal } from "./plan-drill.ts";
import { Recorder, rebase } from "./recorder.ts";
import { waitUntil } from "./wait-until.ts";

const faultOf: Readonly<Record<DrillPlan["drill"], Fault>> = {
  "region-kill": "kill",
  "region-hang": "hang",
  "probe-blackhole": "probe-blackhole",
};
const pollMs = 100;
/** Slack beyond all bounds after which a step is given up: what has not happened by then is "never". */
const patienceMs = 10_000;
const restoreTimeoutMs = 120_000;

/** Runs the drill and gives its report; fails with DrillRefused before the break, or with Cancelled and NotRunning. */
export async function runDrill(
  tools: DrillTools,
  plan: DrillPlan,
  run: { readonly id: string; readonly signal: AbortSignal },
): Promise<DrillReport> {
  const drill = new RunningDrill(tools, plan, run);
  try {
    return await drill.run();
  } finally {
    await drill.end();
  }
}

class RunningDrill {
  readonly #tools: DrillTools;
  readonly #plan: DrillPlan;
  readonly #id: string;
  readonly #signal: AbortSignal;
  readonly #recorder: Recorder;
  readonly #startMs: number;
  #broken: boolean = false;
  #lost: boolean = false;
  #ended: boolean = false;

  constructor(
    tools: DrillTools,
    plan: DrillPlan,
    run: { readonly id: string; readonly signal: AbortSignal },
  ) {
    this.#tools = tools;
    this.#plan = plan;
    this.#id = run.id;
    this.#signal = run.signal;
    this.#startMs = this.#now();
    this.#recorder = new Recorder(tools, plan);
    void tools.connection.closed.then(() => {
      this.#lost = true; // Read by every wait; nobody has to await this.
    });
  }

  async run(): Promise<DrillReport> {
    const { clock, progress } = this.#tools;
    const { region, application } = this.#plan;
    await this.#steady();
    const brokenAt = new Date(clock.nowMs()).toISOString();
    const zeroMs = this.#now();
    await this.#break();
    const gone = await this.#untilGone(zeroMs);
    progress(
      gone
        ? `${application.name} is answered without ${region}; restoring it.`
        : `${application.name} is not served without ${region}; giving up, restoring it.`,
    );
    const restoreMs = this.#now();
    const restoring = this.#restore();
    const back = await Promise.all([this.#untilBack(restoreMs), restoring]).then(([yes]) => yes);
    progress(back ? `${region} is in the answer again.` : `${region} did not come back in time.`);
    const endMs = this.#now();
    await this.#recorder.stop();
    return makeReport({
      ...this.#facts(),
      times: {
        brokenAt,
        startMs: this.#startMs - zeroMs,
        restoreMs: restoreMs - zeroMs,
        endMs: endMs - zeroMs,
      },
      samples: rebaseMutable(this.#recorder, zeroMs),
    });
  }

  /** Ends the clients, and the break when it is still there; the connection's end is the last resort. */
  async end(): Promise<void> {
    this.#ended = true;
    const stopped = this.#recorder.stop();
    if (this.#broken && !this.#lost) {
      // Whatever restoring failed with, the end of the connection undoes the break; the first failure is the one to tell.
      await this.#restore().catch(() => this.#tools.connection.close());
    }
    await stopped;
  }

  /** Measures without any fault; refuses when that is not all green. */
  async #steady(): Promise<void> {
    const { progress } = this.#tools;
    const { application, profile } = this.#plan;
    const steadyMs = Math.max(3_000, profile.probeIntervalMs + 1_000);
    progress(
      `Measuring ${application.name} for ${formatDurationMs(steadyMs)} before anything is broken.`,
    );
    const endMs = this.#now() + steadyMs;
    await this.#until(() => this.#now() >= endMs, steadyMs);
    const scene = sceneOf({ ...this.#facts(), times: noTimes });
    const because = unsteadyBecause(this.#recorder.samples(), scene);
    if (because !== undefined) throw refusal(because, application.fqdn);
  }

  async #break(): Promise<void> {
    const { connection, progress } = this.#tools;
    const { drill, region } = this.#plan;
    this.#broken = true; // Before the request: its reply may get lost, its effect not.
    await connection.request(
      { command: "break", region, fault: faultOf[drill], hold: "connection" },
      { timeoutMs: 30_000 },
    );
    progress(`${region} is ${brokenWords[drill]}.`);
    await this.#journal("drill.broken", { region, fault: faultOf[drill] });
  }

  /** Restores the region; safe to call again. */
  async #restore(): Promise<void> {
    const { region } = this.#plan;
    await this.#tools.connection.request(
      { command: "restore", region },
      { timeoutMs: restoreTimeoutMs },
    );
    this.#broken = false;
    await this.#journal("drill.restored", { region });
  }

  #untilGone(zeroMs: number): Promise<boolean> {
    const { profile, drill } = this.#plan;
    const scene = sceneOf({ ...this.#facts(), times: noTimes });
    const limitMs = 2 * boundsOf(drill, profile).answerChangedMs.limit + profile.ttlMs + patienceMs;
    return this.#until(
      () => settledWithout(this.#recorder.samples(), scene, this.#window(zeroMs)),
      limitMs,
    );
  }

  #untilBack(restoreMs: number): Promise<boolean> {
    const { profile, drill } = this.#plan;
    const { brokenAddresses } = sceneOf({ ...this.#facts(), times: noTimes });
    const limitMs = 2 * boundsOf(drill, profile).returnMs.limit + profile.ttlMs + patienceMs;
    return this.#until(
      () => settledWith(this.#recorder.samples(), brokenAddresses, this.#window(restoreMs)),
      limitMs,
    );
  }

  #window(sinceMs: number) {
    return { nowMs: this.#now(), windowMs: Math.max(2_000, this.#plan.profile.ttlMs), sinceMs };
  }

  #until(done: () => boolean, limitMs: number): Promise<boolean> {
    const isLost = (): boolean => this.#lost;
    const isEnded = (): boolean => this.#ended;
    const { clock } = this.#tools;
    return waitUntil({ clock, signal: this.#signal, pollMs, isLost, isEnded }, done, limitMs);
  }

  #facts(): Omit<DrillFacts, "times" | "samples"> {
    const { drill, region, application, profile, environment, watched } = this.#plan;
    const watchedServers = watched.map(({ name }) => name);
    return { id: this.#id, drill, region, application, profile, environment, watchedServers };
  }

  async #journal(type: string, data: Readonly<Record<string, string>>): Promise<void> {
    await this.#tools.journal.append({ type, data: { drill: this.#id, ...data } });
  }

  #now(): number {
    return Math.round(this.#tools.clock.monotonicMs());
  }
}

const noTimes = { brokenAt: "", startMs: 0, restoreMs: 0, endMs: 0 };

function rebaseMutable(recorder: Recorder, zeroMs: number): DrillFacts["samples"] {
  const { requests, probes } = rebase(recorder.samples(), zeroMs);
  return { requests: [...requests], probes: [...probes] };
}
