/** What every witness keeps while time passes, clocks jump, clients collide and the server is killed. */
import { seededRandom } from "../../src/core/kernel/random.ts";
import type { LeaseOperation } from "../../src/sim/checkers/lease-history.ts";
import { checkLeaseHistory } from "../../src/sim/checkers/lease-linearizability.ts";
import { recorded, runLeaseWorkload } from "../../src/sim/lease-workload.ts";
import type { WitnessCheck } from "./witness-semantics.ts";
import {
  acquire,
  briefTtlMs,
  clockOf,
  contractHolders,
  done,
  expectThat,
  refused,
  renew,
  type Subject,
  Violation,
} from "./witness-subject.ts";

/** Fails with all violations of a history, by their names. */
function judge(subject: Subject, history: readonly LeaseOperation[], isStepped = false): void {
  const [violation, ...further] = checkLeaseHistory(history, clockOf(subject, isStepped));
  if (violation === undefined) return;
  const { reason, rev, slot, because } = violation;
  const reasons = further.map((other) => other.reason);
  throw new Violation(reason, `${because} (revision ${rev} of ${slot})`, reasons);
}

let workloads = 0;

async function workload(subject: Subject, operations: number): Promise<readonly LeaseOperation[]> {
  const number = ++workloads;
  return subject.drive(
    runLeaseWorkload({
      clients: contractHolders.map((name) => ({ name, witness: subject.connect(name) })),
      slots: [subject.freshSlot(), subject.freshSlot(), subject.freshSlot()],
      operations,
      // Longer than the workload: expiry has a check of its own.
      ttlMs: 300_000,
      clock: subject.clock,
      random: seededRandom(number),
      name: `w-${process.pid}-${number}`,
    }),
  );
}

/** What all of them were told who asked for a free slot at once. */
async function rush(subject: Subject, slot: string, ifRev: number) {
  const clients = contractHolders.map((client) => ({
    client,
    slot,
    witness: subject.connect(client),
    clock: subject.clock,
  }));
  // They look first, as contenders do, and so each of them has something that it could remember wrongly.
  const reads = await subject.drive(Promise.all(clients.map((one) => recorded(one))));
  const asks = await subject.drive(
    Promise.all(clients.map((one) => recorded({ ...one, request: acquire(one.client, ifRev) }))),
  );
  const history = [...reads, ...asks];
  const winners = history.filter(({ outcome }) => outcome.kind === "reply" && outcome.reply.ok);
  return { history, winners: winners.map(({ client }) => client) };
}

async function waitUntilFree(subject: Subject): Promise<void> {
  await subject.drive(subject.clock.sleep(briefTtlMs + 300));
}

/** What steps of the clock have to leave true, in both directions; the witness's clock jumps, the contender's does not. */
async function steps(
  subject: Subject,
  stepClock: (byMs: number) => Promise<void>,
  byMs: number,
): Promise<void> {
  const [slot, one, other] = [subject.freshSlot(), subject.connect("h0"), subject.connect("h1")];
  const first = await done(one.ask(slot, acquire("h0", 0)));
  const seen = await other.read(slot);
  const second = await done(one.ask(slot, renew("h0", first)));
  await stepClock(byMs);
  try {
    // The contender waited for the revision that it saw, and the holder renewed in time: whatever the clock says, it is late.
    const reply = await other.ask(slot, acquire("h1", seen.rev));
    expectThat(!reply.ok, "StaleAccepted", `a clock step of ${byMs} ms gave away a renewed lease`);
    // Nobody took it: the holder goes on, with the same epoch, also when the clock says that it has run out.
    const third = await done(one.ask(slot, renew("h0", second)));
    expectThat(third.epoch === first.epoch, "EpochWentBack", "a renewal changed the epoch");
    await refused(other.ask(slot, acquire("h1", third.rev)), "held");
  } finally {
    await stepClock(-byMs);
  }
}

export const timeChecks: Readonly<Record<string, WitnessCheck>> = {
  "of many who ask at once for a free slot, exactly one is given it": async (subject) => {
    for (let round = 0; round < 5; round++) {
      const { history, winners } = await rush(subject, subject.freshSlot(), 0);
      expectThat(
        winners.length === 1,
        "NotOneWinner",
        `given to ${winners.join(" and ") || "nobody"}`,
      );
      judge(subject, history);
    }
  },

  "a lease that ran out is given to exactly one contender, with a new epoch": async (subject) => {
    const [slot, one] = [subject.freshSlot(), subject.connect("h0")];
    const record = await done(one.ask(slot, acquire("h0", 0, 0, briefTtlMs)));
    if (subject.expiry === "own") await waitUntilFree(subject);
    const { winners } = await rush(subject, slot, record.rev);
    expectThat(winners.length <= 1, "NotOneWinner", `given to ${winners.join(" and ")}`);
    expectThat(winners.length === 1, "NeverFree", "it ran out, and nobody could have it");
    const now = await one.read(slot);
    expectThat(now.epoch === 2, "EpochWentBack", `epoch ${now.epoch} after 1`);
    await refused(one.ask(slot, renew("h0", record)), "lost");
  },

  "a lease that ran out and that nobody took goes on with its epoch": async (subject) => {
    if (subject.expiry === "none") return;
    const [slot, one, other] = [subject.freshSlot(), subject.connect("h0"), subject.connect("h1")];
    const record = await done(one.ask(slot, acquire("h0", 0, 0, briefTtlMs)));
    await waitUntilFree(subject);
    const renewed = await done(one.ask(slot, renew("h0", record)));
    expectThat(renewed.epoch === 1 && renewed.rev === 2, "WrongTransition", "another epoch");
    await refused(other.ask(slot, acquire("h1", record.rev)), "held");
  },

  "a step of its clock by 60 s forward gives no lease to who is late": async (subject) => {
    if (subject.stepClock !== undefined) await steps(subject, subject.stepClock, 60_000);
  },

  "a step of its clock by 60 s back takes no lease from who holds it": async (subject) => {
    if (subject.stepClock !== undefined) await steps(subject, subject.stepClock, -60_000);
  },

  "what several clients do and see at once could have come from one register": async (subject) => {
    judge(subject, await workload(subject, subject.operations ?? 3_000));
  },

  "what it acknowledged a moment before it was killed is there afterwards": async (subject) => {
    if (subject.crash === undefined) return;
    const holders = contractHolders.map((holder) => ({ holder, slot: subject.freshSlot() }));
    const written = await Promise.all(
      holders.map(async ({ holder, slot }) => {
        const one = subject.connect(holder);
        const given = await done(one.ask(slot, acquire(holder, 0)));
        return done(one.ask(slot, renew(holder, given)));
      }),
    );
    await subject.crash();
    for (const record of written) {
      const now = await subject.connect(record.holder ?? "h0").read(record.slot);
      const isThere = now.rev === record.rev && now.reqId === record.reqId && now.epoch === 1;
      expectThat(isThere, "AcknowledgedWriteLost", `revision ${now.rev}, not ${record.rev}`);
    }
  },

  "killed again and again while clients are at work it loses nothing": async (subject) => {
    const { crash } = subject;
    if (crash === undefined) return;
    let isOver = false;
    const work = workload(subject, Math.ceil((subject.operations ?? 3_000) / 2)).finally(() => {
      isOver = true;
    });
    let crashes = 0;
    while (!isOver && crashes < 3) {
      await crash();
      crashes += 1;
    }
    // Its clock goes on, and a witness that has just started may wait before it gives a lease to another.
    judge(subject, await work);
    expectThat(crashes > 0, "WrongFailure", "the workload ended before anything was killed");
  },
};
