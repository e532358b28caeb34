/** Bugs of the witness, of its hosts and of the stores behind it. Each with where it comes from and what finds it here. */
import type { Mutant } from "./mutant.ts";

export const mutantsOfTheWitness: readonly Mutant[] = [
  {
    id: "same-holder-takes-a-live-lease",
    area: "witness",
    name: "Whoever names itself like the holder is given the live lease again.",
    origin:
      "OpenOva Continuum, facts of failover §1.3 (4: the holder's name falls back to the first region, and a re-acquire by the same name always succeeds)",
    guard: "RestartIsSomebodyElse",
    file: "core/lease/apply.ts",
    patch: {
      find: "const isLive = current.holder !== null && leftMs",
      replace:
        "const isLive = current.holder !== null && current.holder !== request.holder && leftMs",
    },
    diesIn: {
      checker: "conformance",
      check: "a live lease is not given to anybody, not even to a new process of its holder",
      property: "HeldTaken",
    },
  },
  {
    id: "renewal-without-epoch",
    area: "witness",
    name: "A renewal asks for the holder's name only, so a lease that was lost and won again is kept alive by the old process.",
    origin:
      "etcd, Jepsen 3.4.3: a lock's owner is not told that its lease is lost, and keeps it alive",
    guard: "LostFences",
    file: "core/lease/apply.ts",
    patch: {
      find: "    current.epoch === request.epoch;",
      replace: "    current.epoch >= 0;",
    },
    diesIn: {
      checker: "conformance",
      check: "who does not hold it can neither renew nor release it",
      property: "LostAccepted",
    },
  },
  {
    id: "epoch-begins-anew",
    area: "witness",
    name: "A released lease forgets its epoch, and the next one counts from one.",
    origin:
      "Kubernetes leases that are deleted on release, and keys with a time to live: the fencing token goes back (Continuum's generation, facts of failover §1.3)",
    guard: "EpochGrows",
    file: "core/lease/apply.ts",
    patch: {
      find: "Math.max(current.epoch, request.epochFloor) + 1",
      replace: "Math.max(current.holder === null ? 0 : current.epoch, request.epochFloor) + 1",
    },
    diesIn: {
      checker: "conformance",
      check: "the epoch grows with every grant, over releases and to whomever",
      property: "EpochWentBack",
    },
  },
  {
    id: "acquire-without-revision",
    area: "witness",
    name: "A take-over is written on whatever revision stands there, not on the one that was judged.",
    origin:
      "Vitess VTOrc: what was decided before the shard lock was taken had to be read again after it (facts of failover §1.1)",
    guard: "Outwaited",
    file: "core/lease/apply.ts",
    patch: {
      find: '    if (request.ifRev !== current.rev) return { ok: false, code: "stale", record: current };\n    const epoch',
      replace: "    const epoch",
    },
    diesIn: {
      checker: "conformance",
      check: "a step of its clock by 60 s forward gives no lease to who is late",
      property: "StaleAccepted",
    },
  },
  {
    id: "floor-is-not-heeded",
    area: "witness",
    name: "The witness counts on from its own epoch, whatever was given without it.",
    origin: "CloudNativePG #8701: two clusters are promoted apart, and their timelines diverge",
    guard: "FloorAboveSeen",
    file: "core/lease/apply.ts",
    patch: {
      find: "Math.max(current.epoch, request.epochFloor) + 1",
      replace: "current.epoch + 1",
    },
    diesIn: {
      checker: "conformance",
      check: "the epoch is above the floor that the request names",
      property: "EpochWentBack",
    },
  },
  {
    id: "done-again",
    area: "witness",
    name: "A request that is sent a second time is judged a second time.",
    origin: "jetcd, Jepsen 0.8.2: the client repeats writes that were done already",
    guard: "RepeatedIsAnswered",
    file: "core/lease/apply.ts",
    patch: {
      find: "return current.reqId === request.reqId && current.holder === holder;",
      replace: "return current.reqId === request.reqId && current.holder === holder && false;",
    },
    diesIn: {
      checker: "conformance",
      check: "what is sent again is answered again, and done once",
      property: "WrongReply",
    },
  },
  {
    id: "read-then-write",
    area: "witness",
    name: "The store is read, and whatever stands there when the decision is ready is written over.",
    origin:
      "OpenOva Continuum, facts of failover §1.3 (1: put.ts reads, compares and puts with awaits between)",
    guard: "CompareAndSet",
    file: "adapters/witness/register-witness.ts",
    patch: {
      find: "if (await register.cas(slot, record.rev, reply.record, signal)) return reply;",
      replace:
        "const moved = (await register.read(slot, signal)).record;\n      if (await register.cas(slot, moved.rev, reply.record, signal)) return reply;",
    },
    diesIn: {
      checker: "conformance",
      check: "of many who ask at once for a free slot, exactly one is given it",
      property: "NotOneWinner",
    },
  },
  {
    id: "cached-read",
    area: "witness",
    name: "A reading is answered from what this client saw before.",
    origin:
      "Workers KV, behind Continuum's witness: a location answers from its cache for 60 s and more (facts of the witness §5)",
    guard: "ReadsAreNewest",
    file: "adapters/witness/register-witness.ts",
    patch: {
      find: "const sight = await register.read(slot, signal);",
      replace:
        "const sight =\n        before === undefined ? await register.read(slot, signal) : { record: before, nowMs: null };",
    },
    diesIn: {
      checker: "conformance",
      check: "what several clients do and see at once could have come from one register",
      property: "StaleRead",
    },
  },
  {
    id: "silence-is-a-refusal",
    area: "witness",
    name: "A write that nobody answered is told as one that was refused.",
    origin:
      "OpenOva Continuum, facts of failover §1.3 (20: incident hw130, a failed quorum reported as `held by another`)",
    guard: "DoubtIsSaid",
    file: "adapters/witness/register-witness.ts",
    patch: {
      find: "      doubt = failure;",
      replace: '      return { ok: false, code: "held", record };',
    },
    diesIn: {
      checker: "property",
      property: "a write that nobody answered is not told as refused",
    },
  },
  {
    id: "sql-without-revision",
    area: "witness",
    name: "The statement writes without comparing the revision, so two processes with one database both win.",
    origin: "workerd, measured: 220 epochs given twice within 6 s (facts of the witness §2a)",
    guard: "CompareAndSet",
    file: "worker/sql-slot.ts",
    patch: {
      find: "WHERE lease.rev = excluded.rev - 1\n",
      replace: "",
    },
    diesIn: {
      checker: "property",
      property: "of two processes with one database one writes each revision",
    },
  },
  {
    id: "lost-swap-is-success",
    area: "witness",
    name: "The host answers done without looking whether its write was.",
    origin:
      "OpenOva Continuum, facts of failover §1.3 (5: the dns-quorum witness writes to all and compares nothing; two writers both get their acknowledgements)",
    guard: "CompareAndSet",
    file: "worker/slots.ts",
    patch: {
      find: "if (store.swap(record, grant)) return decided;",
      replace: "if (store.swap(record, grant) || decided.ok) return decided;",
    },
    diesIn: {
      checker: "property",
      property: "of two hosts with one store one is told done",
    },
  },
  {
    id: "cold-witness-believes-its-clock",
    area: "witness",
    name: "A witness that has just started gives away leases that ran out while it was down.",
    origin:
      "workerd, measured: a clock that jumped during the restart hands the lease over at once (facts of the witness §2c)",
    guard: "WitnessSettles",
    file: "core/lease/settling.ts",
    patch: {
      find: "return current.expiresAtMs - 1;",
      replace: "return nowMs;",
    },
    diesIn: {
      checker: "property",
      property: "a witness that has just started hears the holder first",
    },
  },
];
