/** Gathers what readiness is judged by, every minute, and gives the reasons to whoever measures the data (DESIGN §2, issue 5 point 6). */
import { access, constants } from "node:fs/promises";
import type { WatchdogView } from "../../adapters/agent/watchdog-link.ts";
import type { Env, Signal } from "../../control/env.ts";
import type { DataServices } from "../../control/failover/ports.ts";
import { within } from "../../control/failover/within.ts";
import type { AgentState } from "../../core/failover/state.ts";
import { Failure } from "../../core/kernel/failure.ts";
import type { FenceConfig } from "../watchdog/fence-action.ts";
import { type DataFolder, doubtOfFence } from "./fence-doubt.ts";
import type { PeerReport } from "./peer-report.ts";
import { type ReadinessFacts, reasonsNotReady } from "./readiness.ts";
import type { KeptWatchdog } from "./watchdog-kept.ts";

export type ReadinessParts = {
  readonly fence: FenceConfig;
  /** Folders of the data that the fence has to be for. */
  readonly dataFolders: readonly DataFolder[];
  readonly watchdog: Pick<KeptWatchdog, "look">;
  readonly readHolder: () => Promise<string | null>;
  readonly readPeer: (signal?: Signal) => Promise<PeerReport>;
  /** Tries to write the journal again, when it failed. */
  readonly tryJournal: () => void;
  readonly state: () => AgentState;
  /** What is known at each moment without asking anybody. */
  readonly known: () => Pick<
    ReadinessFacts,
    "self" | "group" | "journal" | "records" | "documents" | "revision" | "traffic"
  > & {
    readonly witnessFailure: Failure | null;
    readonly olderWatchdog: string | null;
  };
};

export type ReadinessCheck = {
  /** Reasons against automation, as things stand now. */
  reasons(): readonly string[];
  /** Gathers at once, and again every minute, every ten seconds while something is in the way. */
  run(signal: Signal): Promise<void>;
  /** The services, whose measurements say the reasons too. */
  over(services: DataServices): DataServices;
};

type Gathered = Pick<ReadinessFacts, "missingPrograms" | "watchdog" | "peer" | "fenceDoubt"> & {
  readonly holder: string | null;
  readonly holderFailure: Failure | null;
};

const everyMs = 60_000;
const againMs = 10_000;
const askLimitMs = 5_000;

/** Nothing is gathered before `run`; until it was once, that is the reason. */
export function readinessCheck(env: Env, parts: ReadinessParts): ReadinessCheck {
  let gathered: Gathered | undefined;
  let told: string | undefined;
  let services: ReadinessFacts["services"] = [];
  const reasons = (): readonly string[] =>
    gathered === undefined
      ? ["the readiness check was not done yet"]
      : reasonsNotReady(factsOf(parts, gathered, services));
  const tell = (): void => {
    const now = reasons();
    env.metrics.gauge("sovereign_failover_ready", now.length === 0 ? 1 : 0);
    const text = JSON.stringify(now);
    if (text === told) return;
    told = text;
    const event = { type: "failover.readiness", data: { ready: now.length === 0, reasons: now } };
    // Not awaited: the journal itself may be what is not ready.
    void env.journal.append(event).catch(() => undefined);
  };
  return {
    reasons,
    async run(signal) {
      while (!signal.aborted) {
        parts.tryJournal();
        gathered = await gather(env, parts, gathered, signal);
        tell();
        await env.clock.sleep(reasons().length === 0 ? everyMs : againMs, signal);
      }
    },
    over: (inner) => ({
      ...inner,
      async measure(signal) {
        const measured = await inner.measure(signal);
        services = measured.services;
        return { ...measured, notReady: [...measured.notReady, ...reasons()] };
      },
    }),
  };
}

async function gather(
  env: Env,
  parts: ReadinessParts,
  before: Gathered | undefined,
  signal: Signal,
): Promise<Gathered> {
  const ask = async <T>(
    what: string,
    work: (until: Signal) => Promise<T>,
  ): Promise<T | Failure> => {
    try {
      return await within(env.clock, askLimitMs, what, work);
    } catch (thrown) {
      return Failure.from(thrown, what);
    }
  };
  const [missingPrograms, fenceDoubt, view, holder, peer] = await Promise.all([
    missing(parts.fence),
    doubtOfFence(parts.fence, parts.dataFolders, parts.state),
    ask("asking the watchdog", (until) => parts.watchdog.look(until)),
    ask("reading the witness's credential", () => parts.readHolder()),
    ask("reading the peer's report", (until) => parts.readPeer(until)),
  ]);
  if (peer instanceof Failure && !signal.aborted) {
    env.log.info("the peer's report was not read", { failure: peer.toJson() });
  }
  return {
    missingPrograms,
    fenceDoubt,
    watchdog: view instanceof Failure ? null : { older: null, unconfirmed: unconfirmedOf(view) },
    holder: holder instanceof Failure ? null : holder,
    holderFailure: holder instanceof Failure ? holder : null,
    peer:
      peer instanceof Failure
        ? (before?.peer ?? null)
        : { ...peer, clockAheadMs: peer.atMs - env.clock.nowMs() },
  };
}

/** Why the watchdog's last fence began, while nobody has seen that it was done. */
function unconfirmedOf(view: WatchdogView | null): string | null {
  const fence = view?.fence ?? null;
  return fence === null || fence.fencedAtMs !== null ? null : fence.because;
}

async function missing({ steps, confirm }: FenceConfig): Promise<readonly string[]> {
  const programs = new Set([...steps, confirm].map(({ argv }) => argv[0] ?? ""));
  const found = await Promise.all(
    [...programs].map((program) =>
      access(program, constants.X_OK).then(
        () => undefined,
        () => program,
      ),
    ),
  );
  return found.filter((program) => program !== undefined);
}

function factsOf(
  parts: ReadinessParts,
  gathered: Gathered,
  services: ReadinessFacts["services"],
): ReadinessFacts {
  const { witnessFailure, olderWatchdog, ...known } = parts.known();
  const state = parts.state();
  return {
    ...known,
    ...gathered,
    fence: parts.fence,
    services,
    watchdog: gathered.watchdog === null ? null : { ...gathered.watchdog, older: olderWatchdog },
    witness: {
      failure: gathered.holderFailure ?? witnessFailure,
      holder: gathered.holder,
      isSilent: state.witness.silentSinceAtMs !== null,
    },
    selfVisible: state.evidence?.selfVisible ?? null,
  };
}
