/**
 * Tries a witness out in a slot of its own, before anything depends on it: whether compare-and-set is atomic, epochs grow, and
 * a repeated request does no harm. A store that reads and then writes fails it as a rule; only the suite in test/contract proves.
 */
import type { Signal, Witness } from "../../control/env.ts";
import type { Random } from "../../core/kernel/random.ts";
import type { LeaseRecord } from "../../core/lease/record.ts";
import type { LeaseReply, LeaseRequest } from "../../core/lease/request.ts";

export type WitnessCheck = {
  readonly name: string;
  readonly passed: boolean;
  readonly because: string;
};

export type WitnessVerdict = {
  readonly witness: string;
  readonly slot: string;
  /** `busy`: somebody else tries the same slot; nothing was found out. */
  readonly kind: "sound" | "unsound" | "busy";
  readonly checks: readonly WitnessCheck[];
};

export type VerifyOptions = {
  readonly slot: string;
  readonly holder: string;
  readonly random: Random;
  readonly signal?: Signal;
};

const rounds = 3;
const contenders = 8;
const ttlMs = 5_000;

type Trial = {
  readonly ask: (request: LeaseRequest) => Promise<LeaseReply>;
  readonly read: () => Promise<LeaseRecord>;
  readonly acquire: (ifRev: number) => LeaseRequest;
  readonly renew: (record: LeaseRecord) => LeaseRequest;
  readonly release: (record: LeaseRecord) => LeaseRequest;
};

/** What the trial found. Fails as the witness's `read` and `ask` do. */
export async function verifyWitness(
  witness: Witness,
  options: VerifyOptions,
): Promise<WitnessVerdict> {
  const { slot } = options;
  const trial = trialOf(witness, options);
  const before = await trial.read();
  const checks: WitnessCheck[] = [];
  const verdict = (kind: WitnessVerdict["kind"]): WitnessVerdict => ({
    witness: witness.id,
    slot,
    kind,
    checks,
  });
  let last = before;
  for (let round = 1; round <= rounds; round++) {
    const replies = await Promise.all(
      Array.from({ length: contenders }, () => trial.ask(trial.acquire(last.rev))),
    );
    const won = replies.filter((reply) => reply.ok);
    // With nobody granted it, the slot was held when we came, by another trial or by one that was cut off.
    if (round === 1 && won.length === 0) return verdict("busy");
    checks.push(
      atomicity(round, won.length),
      growth(round, last.epoch, won[0]?.record.epoch ?? last.epoch),
    );
    const granted = won[0]?.record;
    if (granted === undefined) return verdict("unsound");
    if (round === rounds) checks.push(...(await repetition(trial, granted)));
    const released = await trial.ask(trial.release(await trial.read()));
    last = released.record;
  }
  return verdict(checks.every(({ passed }) => passed) ? "sound" : "unsound");
}

function trialOf(witness: Witness, { slot, holder, random, signal }: VerifyOptions): Trial {
  const id = (): string => `verify-${random.below(2 ** 31)}-${random.below(2 ** 31)}`;
  const asked = (ifRev: number) => ({ holder, instance: id(), reqId: id(), ifRev, note: {} });
  return {
    ask: (request) => witness.ask(slot, request, signal),
    read: () => witness.read(slot, signal),
    acquire: (ifRev) => ({ op: "acquire", ...asked(ifRev), ttlMs, epochFloor: 0 }),
    renew: ({ rev, epoch }) => ({ op: "renew", ...asked(rev), epoch, ttlMs }),
    release: ({ rev, epoch }) => ({ op: "release", ...asked(rev), epoch }),
  };
}

function atomicity(round: number, granted: number): WitnessCheck {
  return {
    name: `compare-and-set is atomic (round ${round})`,
    passed: granted === 1,
    because: `${contenders} asked at once for one revision, ${granted} were granted it.`,
  };
}

function growth(round: number, before: number, after: number): WitnessCheck {
  return {
    name: `the epoch grows (round ${round})`,
    passed: after > before,
    because: `It was ${before} and is ${after}.`,
  };
}

/** A renewal that is sent twice is done once; an older one, sent again, is refused. */
async function repetition(trial: Trial, granted: LeaseRecord): Promise<readonly WitnessCheck[]> {
  const first = trial.renew(granted);
  const once = await trial.ask(first);
  const again = await trial.ask(first);
  const second = await trial.ask(trial.renew(once.record));
  const replayed = await trial.ask(first);
  const isEchoed = once.ok && again.ok && again.repeated && again.record.rev === once.record.rev;
  return [
    {
      name: "a repeated request is done once",
      passed: isEchoed,
      because: `Sent twice: revision ${once.record.rev}, then ${again.record.rev}.`,
    },
    {
      name: "an overtaken request, sent again, is refused",
      passed: second.ok && !replayed.ok && replayed.record.rev === second.record.rev,
      because: `Sent a third time after another: ${replayed.ok ? "done" : replayed.code}.`,
    },
  ];
}
