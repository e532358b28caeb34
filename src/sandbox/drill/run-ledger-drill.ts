/**
 * A drill of data from a group that is ready to one that is ready again. The break is held by the supervisor's connection, so
 * that it ends whatever becomes of this process; here it is undone in every other case too.
 */
import { mergeTimeline, type TimelineEvent } from "../../core/drill/ledger-evidence.ts";
import { ledgerKindFacts } from "../../core/drill/ledger-kinds.ts";
import { predictGap, targetMs } from "../../core/drill/ledger-prediction.ts";
import { isWriting, unsteadyWrites } from "../../core/drill/ledger-progress.ts";
import { missingForReady, rolesOf } from "../../core/drill/ledger-ready.ts";
import { type LedgerReport, makeLedgerReport } from "../../core/drill/ledger-report.ts";
import type { Foretold } from "../../core/drill/ledger-rows.ts";
import { clientEvents } from "../../core/drill/ledger-timeline.ts";
import { formatDurationMs, humanDurationMs } from "../../core/kernel/duration.ts";
import { AgentWatch } from "./agent-watch.ts";
import type { LossPeople } from "./approve-loss.ts";
import type { Breaker } from "./break-ledger.ts";
import { chooseBreaker } from "./choose-breaker.ts";
import type { DrillTools } from "./conduct-drill.ts";
import { foretell } from "./foretell.ts";
import { LedgerClient } from "./ledger-client.ts";
import type { LedgerPlan } from "./ledger-plan.ts";
import { refusal } from "./plan-drill.ts";
import { readHoldings } from "./read-holdings.ts";
import { waitUntil } from "./wait-until.ts";
import { WriteLog } from "./write-log.ts";

export type LedgerDrillTools = DrillTools & {
  /** Asks the agent of a region to hand over to its peer. */
  readonly order: (region: string) => Promise<void>;
  /** Steps the clock of a region's agent to so much beside the machine's, while it has one of its own. */
  readonly setClock: (region: string, aheadSeconds: number) => Promise<void>;
  /** Who accepts a loss, where the kind has one. */
  readonly people: LossPeople;
};

export type LedgerRun = {
  readonly id: string;
  readonly signal: AbortSignal;
  /** File of the client's log. */
  readonly log: string;
};

const pollMs = 250;
const steadyMs = 4_000;
const windowMs = 3_000;
/** Slack beyond what is expected, after which a step is given up: what has not happened by then is "never". */
const patienceMs = 30_000;
/** A copy that is made anew, and a synchronous standby that is confirmed, take this long on a slow machine. */
const readyLimitMs = 180_000;

/** Runs the drill and gives its report; fails with DrillRefused before the break, or with Cancelled and NotRunning. */
export async function runLedgerDrill(
  tools: LedgerDrillTools,
  plan: LedgerPlan,
  run: LedgerRun,
): Promise<LedgerReport> {
  const log = await WriteLog.create(run.log, { format: "sovereign-ledger-log 1", drill: run.id });
  const drill = new RunningLedgerDrill(tools, plan, { ...run, log });
  try {
    return await drill.run();
  } finally {
    await drill.end();
    await log.close();
  }
}

class RunningLedgerDrill {
  readonly #tools: LedgerDrillTools;
  readonly #plan: LedgerPlan;
  readonly #run: Omit<LedgerRun, "log"> & { readonly log: WriteLog };
  readonly #watch: AgentWatch;
  #client: LedgerClient | undefined;
  #breaker: Breaker | undefined;
  #own: TimelineEvent[] = [];
  #lost: boolean = false;

  constructor(
    tools: LedgerDrillTools,
    plan: LedgerPlan,
    run: Omit<LedgerRun, "log"> & { readonly log: WriteLog },
  ) {
    this.#tools = tools;
    this.#plan = plan;
    this.#run = run;
    this.#watch = new AgentWatch(tools.clock, plan.agents);
    void tools.connection.closed.then(() => {
      this.#lost = true; // Read by every wait; nobody has to await this.
    });
  }

  async run(): Promise<LedgerReport> {
    const { progress, clock } = this.#tools;
    const { kind, application } = this.#plan;
    await this.#untilReady("before anything is broken");
    if (kind === "failback") await this.#handOverFirst();
    const region = await this.#chooseRegion();
    const active = rolesOf(await this.#watch.now())?.active ?? region;
    const startMs = this.#now();
    const client = this.#startClient();
    progress(
      `Writing to ${application.name} for ${formatDurationMs(steadyMs)} before anything is broken.`,
    );
    await this.#until(() => this.#now() >= startMs + steadyMs, steadyMs);
    const because = unsteadyWrites(client.writes(), active);
    if (because !== undefined) throw refusal(because, application.fqdn);
    const foretold = await this.#foretell(region);
    const brokenAt = new Date(clock.nowMs()).toISOString();
    const zeroMs = this.#now();
    await this.#breakIt(region, client);
    await this.#hold(client, active, zeroMs);
    const restoreMs = this.#now();
    const restoring = this.#restore(region);
    const [stillMissing] = await Promise.all([this.#untilWhole(client, restoreMs), restoring]);
    const missing = [...(this.#breaker?.unmet?.() ?? []), ...stillMissing];
    const afterMs = missing.length === 0 ? this.#now() - restoreMs : null;
    const endMs = this.#now();
    await client.stop();
    await this.#watch.stop();
    await this.#run.log.flushed();
    progress("Reading both databases.");
    return this.#report({
      ...{ region, brokenAt, startMs, zeroMs, restoreMs, endMs, afterMs, missing, foretold },
    });
  }

  /** Ends the clients, and the break when it is still there; the connection's end is the last resort. */
  async end(): Promise<void> {
    const stopped = Promise.all([this.#client?.stop(), this.#watch.stop()]);
    // Whatever restoring failed with, the end of the connection undoes the break; the first failure is the one to tell.
    if (!this.#lost) await this.#breaker?.restore().catch(() => this.#tools.connection.close());
    await stopped;
  }

  async #untilReady(when: string): Promise<void> {
    let missing: readonly string[] = ["nobody was asked yet"];
    let told = "";
    const ready = async (): Promise<boolean> => {
      missing = missingForReady(await this.#watch.now());
      const words = missing.join("; ");
      if (words !== told && words !== "") this.#tools.progress(`Waiting ${when}: ${words}.`);
      told = words;
      return missing.length === 0;
    };
    if (await this.#until(ready, readyLimitMs)) return;
    throw refusal(`the group is not ready: ${missing.join("; ")}`, this.#plan.group);
  }

  /** A failback begins where somebody else has the group: it is handed over first, unmeasured. */
  async #handOverFirst(): Promise<void> {
    const roles = rolesOf(await this.#watch.now());
    if (roles === undefined) throw refusal("nobody serves", this.#plan.group);
    this.#tools.progress(`Handing over to ${roles.standby} first, so that it can be handed back.`);
    await this.#tools.order(roles.active);
    const moved = async (): Promise<boolean> =>
      rolesOf(await this.#watch.now())?.active === roles.standby;
    if (!(await this.#until(moved, readyLimitMs)))
      throw refusal(`${roles.standby} did not take the group over`, this.#plan.group);
    await this.#untilReady("for the way back");
  }

  /** The region that the kind aims at; refused when another one was wished for. */
  async #chooseRegion(): Promise<string> {
    const roles = rolesOf(await this.#watch.now());
    const { kind, wished } = this.#plan;
    const { aims } = ledgerKindFacts[kind];
    const region = roles?.[aims];
    if (region === undefined) throw refusal("not exactly one region serves", this.#plan.group);
    if (wished !== undefined && wished !== region)
      throw refusal(`${kind} is done to the ${aims} region, which is ${region} now`, wished);
    return region;
  }

  /** Asked only where the sudden loss of a region is what is done. */
  async #foretell(region: string): Promise<Foretold> {
    const { kind, agents, profile } = this.#plan;
    const { writer, how } = ledgerKindFacts[kind];
    const peer = agents.find(({ cluster }) => cluster !== region);
    if (writer !== "moves" || how.by !== "fault" || peer === undefined) return {};
    return foretell(region, peer, profile);
  }

  #startClient(): LedgerClient {
    const { application, recursor, loadBalancerPort, profile } = this.#plan;
    const { writers, writesPerSecond, writeLimitMs } = profile;
    const { fqdn } = application;
    this.#client = new LedgerClient(
      { ...this.#tools, log: this.#run.log },
      { fqdn, recursor, loadBalancerPort, writers, writesPerSecond, writeLimitMs },
    );
    return this.#client;
  }

  #breakerOf(region: string, client: LedgerClient): Breaker {
    return chooseBreaker(
      {
        ...{ tools: this.#tools, plan: this.#plan, watch: this.#watch },
        writes: () => client.writes(),
        nowMs: () => this.#now(),
        until: (done, limitMs) => this.#until(done, limitMs),
        isWhole: async () => (await this.#untilWhole(client, this.#now())).length === 0,
        agentIsBack: (cluster) => this.#isBack(cluster),
        stopped: () => this.#run.signal.aborted || this.#lost,
        tell: (type, text) => this.#tell(type, text),
      },
      region,
    );
  }

  async #breakIt(region: string, client: LedgerClient): Promise<void> {
    const { kind } = this.#plan;
    const { words, how } = ledgerKindFacts[kind];
    this.#breaker = this.#breakerOf(region, client);
    // It tells of each step itself.
    if (how.by !== "people" && how.by !== "apiServers")
      this.#tell("drill.broken", `${region} is ${words}`);
    await this.#breaker.begin();
    this.#tools.progress(`${region} is ${words}.`);
    await this.#journal("drill.broken", { region, fault: kind });
  }

  /** Serving, and one renewal later: an agent that is killed before it renewed eats the lease of the one before. */
  async #isBack(cluster: string): Promise<boolean> {
    const { renewEveryMs } = this.#plan.profile.lease;
    const sinceMs = this.#now();
    const serves = async (): Promise<boolean> =>
      (await this.#watch.now()).some(
        ({ region, report }) => region === cluster && report?.status.isServing === true,
      );
    if (!(await this.#until(serves, patienceMs))) return false;
    const tookMs = this.#now() - sinceMs;
    this.#tell("drill.restored", `a new agent serves ${humanDurationMs(tookMs)} after it answers`);
    const untilMs = this.#now() + renewEveryMs;
    await this.#until(() => this.#now() >= untilMs, renewEveryMs);
    return true;
  }

  /** As long as the kind says, or until another region writes. */
  async #hold(client: LedgerClient, active: string, zeroMs: number): Promise<void> {
    const { holdMs, profile, kind } = this.#plan;
    if (holdMs !== undefined) {
      await this.#until(() => this.#now() >= zeroMs + holdMs, holdMs);
      return;
    }
    const expectedMs = predictGap(kind, profile)?.most.ms ?? profile.lease.ttlMs;
    const limitMs = 2 * Math.max(expectedMs, targetMs(kind, profile) ?? 0) + patienceMs;
    const moved = (): boolean => isWriting(client.writes(), this.#window(zeroMs), active);
    const didMove = await this.#until(moved, limitMs);
    this.#tools.progress(
      didMove
        ? `Another region acknowledges writes after ${humanDurationMs(this.#now() - zeroMs)} of it; restoring.`
        : "No other region acknowledges writes; giving up, restoring.",
    );
  }

  async #restore(region: string): Promise<void> {
    const { by } = ledgerKindFacts[this.#plan.kind].how;
    if (by === "order" || by === "restarts") return;
    this.#tell("drill.restored", `${region} is being restored`);
    await this.#breaker?.restore();
    await this.#journal("drill.restored", { region });
  }

  /** What is still missing when it took too long; empty once writes go on and the group is ready again. */
  async #untilWhole(client: LedgerClient, restoreMs: number): Promise<readonly string[]> {
    let missing: readonly string[] = [];
    const whole = async (): Promise<boolean> => {
      const writing = isWriting(client.writes(), this.#window(restoreMs));
      missing = [
        ...(writing ? [] : ["not every write is acknowledged"]),
        ...missingForReady(await this.#watch.now()),
      ];
      return missing.length === 0;
    };
    const isWhole = await this.#until(whole, readyLimitMs);
    this.#tools.progress(
      isWhole ? "Everything is as before." : `Still missing: ${missing.join("; ")}.`,
    );
    return isWhole ? [] : missing;
  }

  #window(sinceMs: number) {
    return { nowMs: this.#now(), windowMs, sinceMs };
  }

  #until(done: () => boolean | Promise<boolean>, limitMs: number): Promise<boolean> {
    const isLost = (): boolean => this.#lost;
    const wait = { clock: this.#tools.clock, signal: this.#run.signal, pollMs, isLost };
    return waitUntil({ ...wait, isEnded: () => false }, done, limitMs);
  }

  async #report(seen: {
    readonly region: string;
    readonly brokenAt: string;
    readonly startMs: number;
    readonly zeroMs: number;
    readonly restoreMs: number;
    readonly endMs: number;
    readonly afterMs: number | null;
    readonly missing: readonly string[];
    readonly foretold: Foretold;
  }): Promise<LedgerReport> {
    const { zeroMs, startMs, restoreMs, endMs } = seen;
    const { kind, group, application, regions, profile, fast, brokenBy, environment } = this.#plan;
    const own = this.#client?.writes() ?? [];
    const { loadBalancerPort } = this.#plan;
    const where = { fqdn: application.fqdn, loadBalancerPort, regions };
    const holdings = await readHoldings(this.#tools.clock, where, own);
    const writes = own
      .map((write) => ({ ...write, sentMs: write.sentMs - zeroMs, endMs: write.endMs - zeroMs }))
      .sort((a, b) => a.sentMs - b.sentMs);
    const moved = <T extends { readonly atMs: number }>(events: readonly T[]): T[] =>
      events.map((event) => ({ ...event, atMs: event.atMs - zeroMs }));
    const stated = this.#breaker?.stated?.();
    const told = moved(mergeTimeline(this.#own, this.#watch.events(startMs)));
    return makeLedgerReport({
      ...{
        id: this.#run.id,
        kind,
        region: seen.region,
        group,
        application,
        profile,
        fast,
        brokenBy,
      },
      regions: [...regions],
      times: {
        brokenAt: seen.brokenAt,
        startMs: startMs - zeroMs,
        restoreMs: restoreMs - zeroMs,
        endMs: endMs - zeroMs,
      },
      foretold: seen.foretold,
      ...(stated === undefined ? {} : { stated }),
      notDone: [...this.#plan.notDone],
      wholeAgain: { afterMs: seen.afterMs, missing: [...seen.missing] },
      environment: [...environment],
      holdings,
      agents: moved(this.#watch.samples().filter(({ atMs }) => atMs >= startMs)),
      timeline: [...mergeTimeline(told, clientEvents(writes))],
      writes,
    });
  }

  #tell(type: string, text: string): void {
    this.#own.push({ atMs: this.#now(), source: "drill", type, text });
  }

  async #journal(type: string, data: Readonly<Record<string, string>>): Promise<void> {
    await this.#tools.journal.append({ type, data: { drill: this.#run.id, ...data } });
  }

  #now(): number {
    return Math.round(this.#tools.clock.monotonicMs());
  }
}
