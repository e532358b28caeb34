/**
 * What `clock-step` breaks: both agents are started again with wall clocks of their own, and the one that serves is stepped, again and again,
 * each time from the machine's time and back to it. Held by the supervisor's connection, as every fault.
 */
import { Failure } from "../../core/kernel/failure.ts";
import type { SandboxConnection } from "../connection.ts";
import type { Breaker } from "./break-ledger.ts";

export type StepTools = {
  readonly connection: SandboxConnection;
  readonly regions: readonly string[];
  readonly stepSeconds: readonly number[];
  /** Steps the clock of a region's agent to so much beside the machine's. */
  readonly setClock: (region: string, aheadSeconds: number) => Promise<void>;
  /** The epoch in which the region's agent says that it serves, null when it does not; undefined when it says nothing. */
  readonly epochOf: (region: string) => Promise<number | null | undefined>;
  /** Whether writes are acknowledged and the group is as it should be, within what that may take. */
  readonly isWhole: () => Promise<boolean>;
  /** Waits until `done`, or gives up; says which. */
  readonly until: (done: () => Promise<boolean>) => Promise<boolean>;
  readonly tell: (text: string) => void;
};

const breakTimeoutMs = 180_000;
const restoreTimeoutMs = 180_000;

export function stepClocks(tools: StepTools): Breaker {
  const { connection, regions, setClock, epochOf, isWhole, until, tell } = tools;
  const broken = new Set<string>();
  const unmet: string[] = [];
  const giveClock = async (region: string): Promise<void> => {
    broken.add(region); // Before the request: its reply may get lost, its effect not.
    await connection.request(
      { command: "break", region, fault: "agent-clock", hold: "connection" },
      { timeoutMs: breakTimeoutMs },
    );
  };
  const active = async (): Promise<{ readonly region: string; readonly epoch: number }> => {
    for (const region of regions) {
      const epoch = await epochOf(region);
      if (typeof epoch === "number") return { region, epoch };
    }
    throw new Failure("DrillRefused", "No region serves.");
  };
  /** Whether the next step may follow. */
  const step = async (aheadSeconds: number): Promise<boolean> => {
    const { region, epoch } = await active();
    const words = `the wall clock of ${region}'s agent is stepped by ${signed(aheadSeconds)}`;
    tell(words);
    await setClock(region, aheadSeconds);
    const hasEnded = (now: number | null | undefined): boolean =>
      now !== undefined && now !== epoch;
    const noticed = await until(async () => hasEnded(await epochOf(region)));
    tell(noticed ? `epoch ${epoch} has ended` : `${region} goes on in epoch ${epoch}`);
    if (!noticed) unmet.push(`${words}, and it went on in epoch ${epoch}`);
    // While the clocks of two regions differ neither may be armed: somebody serves now, or after this.
    const serves = async (): Promise<boolean> =>
      (await Promise.all(regions.map(epochOf))).some((now) => typeof now === "number");
    await until(serves);
    await setClock(region, 0);
    tell(`the wall clock of ${region}'s agent is the machine's again`);
    const whole = await isWhole();
    if (!whole) unmet.push(`the group was not as it should be again after ${signed(aheadSeconds)}`);
    return whole;
  };
  return {
    unmet: () => unmet,
    async begin() {
      for (const region of regions) {
        await giveClock(region);
        if (!(await isWhole())) unmet.push(`a restart of ${region}'s agent was not taken well`);
      }
      for (const seconds of tools.stepSeconds) if (!(await step(seconds))) return;
    },
    async restore() {
      for (const region of broken) {
        await connection.request({ command: "restore", region }, { timeoutMs: restoreTimeoutMs });
        broken.delete(region);
      }
    },
  };
}

function signed(seconds: number): string {
  return `${seconds < 0 ? "−" : "+"}${Math.abs(seconds)} s`;
}
