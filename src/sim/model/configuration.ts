/** What a configuration of the model check is made of: the group under check, and the faults that may happen in it. */
import type { FailoverGroup } from "../../core/failover/group.ts";

/**
 * Everything that may go wrong, or that a person may do. `late` is a request to the witness that its agent gave up and that is done,
 * or answered, after all; `delay` is a tick that passes while something is under way; `cut` takes one direction of a line away.
 */
export const faults = [
  "crashAgent",
  "crashRegion",
  "loseStore",
  "loseMemory",
  "staleStore",
  "downStore",
  "slowStore",
  "slowPromotion",
  "pause",
  "suspend",
  "slowClock",
  "wallStep",
  "watchdogLost",
  "duplicate",
  "late",
  "delay",
  "cut",
  "witnessStep",
  "witnessReset",
  "arm",
  "disarm",
  "rearm",
  "switchover",
  "takeOver",
  "takeOverFenced",
  "takeOverPromised",
  "closeRound",
  "standbyLost",
] as const;
export type Fault = (typeof faults)[number];

/** Those of single messages; they are not counted with the others. */
export const messageFaults: ReadonlySet<Fault> = new Set(["duplicate", "late", "delay"]);

export type Configuration = {
  readonly name: string;
  /** What it shows, as a sentence. */
  readonly shows: string;
  readonly group: FailoverGroup;
  /** How often each may happen; what is not named does not. */
  readonly faults: Partial<Readonly<Record<Fault, number>>>;
  /** How many of them may happen in all. */
  readonly faultsInAll: number;
  /** Whether messages are lost and late without end, or a tick passes only when all has arrived, but for `delay` and `cut`. */
  readonly losesFreely: boolean;
  /** Where it begins: one region serving and the other standing by, or two agents that were never started. */
  readonly begins: "serving" | "cold";
  /** Messages between the agents, and requests of each agent, that may be under way at a time. */
  readonly lettersInFlight: number;
  readonly callsInFlight: number;
  /** Whether the answer to a mere reading may be under way for a time; otherwise it is read and known at one moment. */
  readonly readsTakeTime: boolean;
  /** Whether fencing may be over before its time. */
  readonly fencesEarly: boolean;
  /** Whether the witness has a clock of its own; without one only the contender's waiting protects the holder. */
  readonly witnessHasClock: boolean;
  /** By kind of number (codec.ts): gaps from this on are not told apart. */
  readonly gaps: readonly number[];
  /** Milestones that must be reached in it, so that it can not pass by doing nothing. */
  readonly mustReach: readonly string[];
};
