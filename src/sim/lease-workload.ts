/**
 * A seeded concurrent workload over one witness: clients that read, acquire, renew, release, ask too late, ask with an old
 * revision and repeat themselves, on few slots. What they did and saw is a history for `checkers/lease-linearizability.ts`.
 */
import type { Clock, Witness } from "../control/env.ts";
import { assert } from "../core/kernel/assert.ts";
import { Failure } from "../core/kernel/failure.ts";
import { chance, pick, type Random } from "../core/kernel/random.ts";
import type { LeaseRecord } from "../core/lease/record.ts";
import type { LeaseRequest } from "../core/lease/request.ts";
import type { LeaseOperation, LeaseOutcome } from "./checkers/lease-history.ts";
import { recordOf } from "./checkers/lease-linearizability.ts";

export type WorkloadOptions = {
  /** Each on its own connection, acting for the holder of its name. */
  readonly clients: readonly { readonly name: string; readonly witness: Witness }[];
  readonly slots: readonly string[];
  /** How many operations all clients do together, before the closing reads. */
  readonly operations: number;
  readonly ttlMs: number;
  readonly clock: Clock;
  readonly random: Random;
  /** Begins every request's id, so that no two workloads on one store share one. */
  readonly name: string;
  /** How long a client rests after it could not reach the witness; default 5 ms. */
  readonly restMs?: number;
};

type Client = {
  readonly name: string;
  readonly witness: Witness;
  /** The newest record of each slot that it was shown. */
  readonly known: Map<string, LeaseRecord>;
  /** What it asked before, to be asked again. */
  readonly asked: Asked[];
  /** What nobody was told of, to be asked again next. */
  pending: Asked | undefined;
};

type Asked = { readonly slot: string; readonly request: LeaseRequest };

const remembered = 20;
const closingReadsMax = 2_000;

/** Runs to its end; the history closes with a read of every slot, so that a lost write shows. */
export async function runLeaseWorkload(
  options: WorkloadOptions,
): Promise<readonly LeaseOperation[]> {
  const history: LeaseOperation[] = [];
  let left = options.operations;
  let requests = 0;
  const nextId = (): string => `${options.name}-${++requests}`;
  await Promise.all(
    options.clients.map(async ({ name, witness }) => {
      const client: Client = { name, witness, known: new Map(), asked: [], pending: undefined };
      while (left > 0) {
        left -= 1;
        const operation = await doOne(client, options, nextId);
        history.push(operation);
        const isAway = operation.outcome.kind === "unknown" || operation.outcome.kind === "refused";
        if (isAway) await options.clock.sleep(options.restMs ?? 5);
      }
    }),
  );
  const reader = options.clients[0];
  assert(reader !== undefined, "a workload has a client");
  for (const slot of options.slots) history.push(await closingRead(reader.witness, slot, options));
  return history;
}

async function closingRead(
  witness: Witness,
  slot: string,
  options: WorkloadOptions,
): Promise<LeaseOperation> {
  for (let attempt = 1; ; attempt++) {
    const operation = await recorded({ client: "reader", witness, slot, clock: options.clock });
    if (operation.outcome.kind === "read") return operation;
    assert(attempt < closingReadsMax, "the witness answers a read after the workload");
    await options.clock.sleep(options.restMs ?? 5);
  }
}

async function doOne(
  client: Client,
  options: WorkloadOptions,
  nextId: () => string,
): Promise<LeaseOperation> {
  const { random, clock } = options;
  const again = chance(random, 60) && client.asked.length > 0;
  const old = client.pending ?? (again ? pick(random, client.asked) : undefined);
  client.pending = undefined;
  const slot = old?.slot ?? nextSlot(client, options);
  const request = old?.request ?? nextRequest(client, slot, options, nextId);
  const { name, witness } = client;
  const operation = await recorded({ client: name, witness, slot, clock, request });
  const record = recordOf(operation);
  if (record !== undefined) client.known.set(slot, record);
  if (request !== null) {
    const asked: Asked = { slot, request };
    if (old === undefined) client.asked.push(asked);
    if (client.asked.length > remembered) client.asked.shift();
    if (operation.outcome.kind === "unknown" && chance(random, 500)) client.pending = asked;
  }
  return operation;
}

/** Two times in three one that the client holds, if any: otherwise nearly all that is asked would be refused. */
function nextSlot(client: Client, { random, slots }: WorkloadOptions): string {
  const held = chance(random, 667)
    ? slots.filter((slot) => client.known.get(slot)?.holder === client.name)
    : [];
  return pick(random, held.length > 0 ? held : slots);
}

/** Null: a read, which also brings the slot's record up to date. */
function nextRequest(
  client: Client,
  slot: string,
  { random, ttlMs }: WorkloadOptions,
  nextId: () => string,
): LeaseRequest | null {
  const known = client.known.get(slot);
  if (known === undefined || chance(random, 150)) return null;
  const isOthers = known.holder !== null && known.holder !== client.name;
  if (isOthers && chance(random, 600)) return null;
  // Now and then a decision on an older revision, or by somebody who holds nothing.
  const ifRev = chance(random, 50) ? Math.max(0, known.rev - 1) : known.rev;
  const { name } = client;
  const common = {
    holder: name,
    instance: `${name}-1`,
    reqId: nextId(),
    ifRev,
    note: { n: ifRev },
  };
  const isMine = known.holder === name;
  if (!isMine && !chance(random, 50)) return { ...common, op: "acquire", ttlMs, epochFloor: 0 };
  const epoch = Math.max(1, chance(random, 30) ? known.epoch - 1 : known.epoch);
  if (isMine && chance(random, 50)) {
    return { ...common, op: "acquire", ttlMs, epochFloor: known.epoch + random.below(3) };
  }
  if (chance(random, 200)) return { ...common, op: "release", epoch };
  return { ...common, op: "renew", epoch, ttlMs };
}

/** One operation with its two moments; a failure becomes the outcome that it stands for. */
export async function recorded(asked: {
  readonly client: string;
  readonly witness: Witness;
  readonly slot: string;
  readonly clock: Clock;
  readonly request?: LeaseRequest | null;
}): Promise<LeaseOperation> {
  const { client, witness, slot, clock, request = null } = asked;
  const invokedAtMs = clock.monotonicMs();
  const outcome = await outcomeOf(witness, slot, request);
  return { client, slot, request, invokedAtMs, returnedAtMs: clock.monotonicMs(), outcome };
}

async function outcomeOf(
  witness: Witness,
  slot: string,
  request: LeaseRequest | null,
): Promise<LeaseOutcome> {
  try {
    if (request === null) return { kind: "read", record: await witness.read(slot) };
    return { kind: "reply", reply: await witness.ask(slot, request) };
  } catch (thrown) {
    if (!(thrown instanceof Failure)) throw thrown;
    const certain: readonly string[] = ["WitnessRefused", "WitnessUnauthorized"];
    return { kind: certain.includes(thrown.code) ? "refused" : "unknown" };
  }
}
