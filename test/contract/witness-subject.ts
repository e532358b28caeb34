/** What the witness's contract is held against, and the small words that its checks are written in. */
import { systemClock } from "../../src/adapters/clock.ts";
import type { Clock, Witness } from "../../src/control/env.ts";
import { Failure } from "../../src/core/kernel/failure.ts";
import type { LeaseRecord } from "../../src/core/lease/record.ts";
import type { LeaseReply, LeaseRequest } from "../../src/core/lease/request.ts";
import type { LeaseViolationReason } from "../../src/sim/checkers/lease-history.ts";
import type { WitnessClock } from "../../src/sim/checkers/lease-linearizability.ts";

/** Everybody who asks for anything; each connection acts for one of them, and may ask for every slot below the prefix. */
export const contractHolders = ["h0", "h1", "h2", "h3", "h4", "h5", "h6", "h7"] as const;
export const contractSlots = "contract/";

export type WitnessUnderTest = {
  /** A connection of its own, as another process would have; `holder` is one of `contractHolders`. */
  connect(holder: string): Witness;
  /** Whether expiry is judged there, and by a clock that `stepClock` can move. */
  readonly expiry: "none" | "own";
  /** The clock by which histories are taken; default the machine's. */
  readonly clock?: Clock;
  /** Lets time pass while `work` is under way; only a world with a clock of its own needs it. */
  drive?<T>(work: Promise<T>): Promise<T>;
  /** Moves the backend's own clock; left out where it has none, or where a test can not reach it. */
  stepClock?(byMs: number): Promise<void>;
  /** Ends it as a power cut would, and starts it again on what it kept; resolves when it answers. */
  crash?(): Promise<void>;
  /** A connection to where nothing listens, and one with a wrong credential, where there are credentials. */
  readonly unreachable: Witness;
  readonly unauthorized?: Witness;
  /** Operations of the concurrent workload; default 3,000. */
  readonly operations?: number;
  stop(): Promise<void>;
};

export type Subject = Omit<WitnessUnderTest, "clock" | "drive"> & {
  readonly clock: Clock;
  drive<T>(work: Promise<T>): Promise<T>;
  /** A slot that nobody used. */
  freshSlot(): string;
};

let slots = 0;

/** Each holder has two processes, so to speak, which take turns: nothing may depend on which of them asks. */
const connectionsOfEach = 2;

export function subjectOf(under: WitnessUnderTest): Subject {
  const connected = new Map<string, Witness>();
  let turn = 0;
  return {
    ...under,
    connect(holder) {
      const key = `${holder} ${++turn % connectionsOfEach}`;
      const witness = connected.get(key) ?? under.connect(holder);
      connected.set(key, witness);
      return witness;
    },
    clock: under.clock ?? systemClock,
    drive: under.drive ?? ((work) => work),
    freshSlot: () => `${contractSlots}${process.pid}-${++slots}`,
  };
}

/** A check failed in a way that has a name; what is no `Violation` is a failure of the test itself. */
export class Violation extends Error {
  override readonly name = "Violation";
  /** Everything that was found; the message tells the first. */
  readonly reasons: readonly ViolationReason[];
  constructor(reason: ViolationReason, because: string, further: readonly ViolationReason[] = []) {
    super(`${reason}: ${because}`);
    this.reasons = [reason, ...further];
  }
}

export type ViolationReason =
  | LeaseViolationReason
  /** Of several who asked at once, not exactly one was given it. */
  | "NotOneWinner"
  /** What it answers is not what the table says. */
  | "WrongReply"
  /** A lease that had run out could not be had. */
  | "NeverFree"
  /** It fails in another way than the port promises. */
  | "WrongFailure";

/** How a history of this backend is judged: a stepped clock excuses it from being on time by ours. */
export function clockOf({ expiry }: Subject, isStepped: boolean): WitnessClock {
  if (expiry === "none") return "none";
  return isStepped ? "stepped" : "steady";
}

/** A lease's life where it has to be live: longer than a busy machine takes over a few requests, shorter than a step of the clock. */
export const ttlMs = 30_000;
/** Where it has to run out; no lease is shorter. */
export const briefTtlMs = 5_000;

let requests = 0;
const common = (holder: string, ifRev: number) => ({
  holder,
  instance: `${holder}-p1`,
  reqId: `q-${process.pid}-${++requests}`,
  ifRev,
  note: { said: "é" },
});

export function acquire(
  holder: string,
  ifRev: number,
  epochFloor = 0,
  lifeMs = ttlMs,
): LeaseRequest {
  return { ...common(holder, ifRev), op: "acquire", ttlMs: lifeMs, epochFloor };
}

export function renew(holder: string, { rev, epoch }: LeaseRecord): LeaseRequest {
  return { ...common(holder, rev), op: "renew", epoch, ttlMs };
}

export function release(holder: string, { rev, epoch }: LeaseRecord): LeaseRequest {
  return { ...common(holder, rev), op: "release", epoch };
}

/** The record of a request that has to be done. */
export async function done(asked: Promise<LeaseReply>, repeated = false): Promise<LeaseRecord> {
  const reply = await asked;
  if (reply.ok && reply.repeated === repeated) return reply.record;
  throw new Violation("WrongReply", `it had to be done, and the answer was ${told(reply)}`);
}

/** The record of a request that has to be refused so. */
export async function refused(
  asked: Promise<LeaseReply>,
  code: "held" | "lost" | "stale",
): Promise<LeaseRecord> {
  const reply = await asked;
  if (!reply.ok && reply.code === code) return reply.record;
  const isDone = reply.ok
    ? ({ held: "HeldTaken", lost: "LostAccepted", stale: "StaleAccepted" } as const)[code]
    : undefined;
  throw new Violation(
    isDone ?? "WrongReply",
    `it had to be refused as ${code}, and the answer was ${told(reply)}`,
  );
}

function told(reply: LeaseReply): string {
  const { epoch, rev, holder } = reply.record;
  const record = `revision ${rev}, epoch ${epoch} of ${holder ?? "nobody"}`;
  return reply.ok
    ? `done${reply.repeated ? " before" : ""} (${record})`
    : `${reply.code} (${record})`;
}

export function expectThat(holds: boolean, reason: ViolationReason, because: string): void {
  if (!holds) throw new Violation(reason, because);
}

/** The failure's code of work that has to fail. */
export async function failureCode(work: Promise<unknown>): Promise<string> {
  try {
    await work;
  } catch (thrown) {
    if (thrown instanceof Failure) return thrown.code;
    throw thrown;
  }
  return "it did not fail";
}
