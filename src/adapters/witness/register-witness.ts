/**
 * A `Witness` out of a store that has nothing but compare-and-set (facts of the witness §7): read, let the pure core decide,
 * write where nothing moved meanwhile. What the store did not answer is read back by its request id, never assumed.
 */
import type { LeaseRegister, Signal, Witness } from "../../control/env.ts";
import { Failure } from "../../core/kernel/failure.ts";
import { applyLease } from "../../core/lease/apply.ts";
import type { LeaseRecord } from "../../core/lease/record.ts";
import type { LeaseReply, LeaseRequest } from "../../core/lease/request.ts";
import { objectionTo } from "../../core/lease/request-bounds.ts";
import { contradictionIn } from "./answer-checks.ts";

/** Reads and writes of one `ask`, at most; each has the register's own time limit. */
const roundsMax = 3;

/** A read that goes behind what was read before is WitnessUnreachable: the store was put back, or another one answers. */
export function registerWitness(register: LeaseRegister): Witness {
  const believed = believing(register);
  return {
    id: register.id,
    async read(slot, signal) {
      stopIfAborted(register.id, signal);
      return (await believed.read(slot, signal)).record;
    },
    ask: (slot, request, signal) => ask(believed, slot, request, signal),
  };
}

const slotsMax = 1_000;

/** The register, every read held against those that were answered before it was sent. */
function believing(register: LeaseRegister): LeaseRegister {
  const seen = new Map<string, LeaseRecord>();
  const remember = (record: LeaseRecord): void => {
    if (seen.size >= slotsMax) seen.clear();
    if (record.rev >= (seen.get(record.slot)?.rev ?? 0)) seen.set(record.slot, record);
  };
  return {
    id: register.id,
    async read(slot, signal) {
      const before = seen.get(slot);
      const sight = await register.read(slot, signal);
      const contradiction = contradictionIn(before, sight.record);
      if (contradiction !== undefined) {
        const message = `${register.id} is not believed about ${slot}: ${contradiction}`;
        throw new Failure("WitnessUnreachable", message, {
          where: register.id,
          remedy:
            "Its store was put back to an older state, or another one answers: docs/guides/witness-backends.md.",
        });
      }
      remember(sight.record);
      return sight;
    },
    async cas(slot, expectedRev, record, signal) {
      const done = await register.cas(slot, expectedRev, record, signal);
      if (done) remember(record);
      return done;
    },
  };
}

async function ask(
  register: LeaseRegister,
  slot: string,
  request: LeaseRequest,
  signal?: Signal,
): Promise<LeaseReply> {
  const { id } = register;
  const objection = objectionTo(slot, request);
  if (objection !== undefined) {
    const message = `${id} is not asked: ${objection}`;
    throw new Failure("WitnessRefused", message, { where: id });
  }
  stopIfAborted(id, signal);
  // A write of ours that nobody answered. It may be done, may be under way, and may never be.
  let doubt: Failure | undefined;
  for (let round = 1; round <= roundsMax; round++) {
    const { record, nowMs } = await readOf(register, slot, doubt, signal);
    const reply = applyLease(record, request, nowMs);
    if (!reply.ok && doubt !== undefined && !isOvertaken(record, request)) throw doubt;
    if (!reply.ok || reply.repeated) return reply;
    try {
      if (await register.cas(slot, record.rev, reply.record, signal)) return reply;
    } catch (thrown) {
      const failure = Failure.from(thrown, id);
      // Sent again it is the same write on the same revision: of all of them at most one is done.
      if (failure.code !== "WitnessUnreachable" || signal?.aborted === true) {
        throw doubt === undefined ? failure : stillInDoubt(id, failure);
      }
      doubt = failure;
    }
  }
  throw doubt ?? stillInDoubt(id, new Failure("Unexpected", "the revision moves and comes back"));
}

function stopIfAborted(id: string, signal: Signal | undefined): void {
  if (signal?.aborted !== true) return;
  throw new Failure("Cancelled", `asking ${id} was stopped`, { where: id });
}

/** A revision of somebody else's stands where ours would: it was not done, and can not be done any more. */
function isOvertaken(record: LeaseRecord, request: LeaseRequest): boolean {
  return record.rev === request.ifRev + 1 && record.reqId !== request.reqId;
}

async function readOf(
  register: LeaseRegister,
  slot: string,
  doubt: Failure | undefined,
  signal: Signal | undefined,
): ReturnType<LeaseRegister["read"]> {
  try {
    return await register.read(slot, signal);
  } catch (thrown) {
    const failure = Failure.from(thrown, register.id);
    throw doubt === undefined ? failure : stillInDoubt(register.id, failure);
  }
}

function stillInDoubt(id: string, cause: Failure): Failure {
  const message = `${id} did not say whether it was done, and could not be asked again: ${cause.message}`;
  return new Failure("WitnessUnreachable", message, { where: id, cause });
}
