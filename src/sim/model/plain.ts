/** The parts of a state as plain objects: what a transition means, and what a trace shows. */

import { emptyLease } from "../../core/lease/record.ts";
import type { LeaseReply } from "../../core/lease/request.ts";
import { doMove, dropLateCalls, hear, tickMs } from "./do-move.ts";
import { begun, change, type Local, type Rules, spend } from "./local.ts";
import { handleableOf, isLate, movesOf } from "./move.ts";
import { regionFacts } from "./region-facts.ts";
import type { LocalOutcome, Parts } from "./transition.ts";
import { type Budget, type Letter, mayHappen, type Region, spent, type Witness } from "./world.ts";

export type PlainParts = Parts<Region, Witness, Letter, Budget>;

/** `notes` takes what the agents do, for a trace. */
export function plainParts(rules: Rules, notes: string[] | null = null): PlainParts {
  const { configuration } = rules;
  return {
    facts: regionFacts,
    movesOf: (_side, region, budget) => movesOf(region, budget, configuration),
    handleableOf: (_side, region, budget) => handleableOf(region, budget),
    move(side, region, move, budget) {
      const local = begun(rules, side, region, budget, notes);
      doMove(local, move);
      return outcomeOf(local);
    },
    hear(side, region, { message }, budget) {
      const local = begun(rules, side, region, budget, notes);
      hear(local, message);
      return outcomeOf(local);
    },
    handle(side, region, index, witness, budget) {
      const local = begun(rules, side, region, budget, notes);
      const after = handle(local, index, witness);
      dropLateCalls(local);
      return { ...outcomeOf(local), witness: after };
    },
    tickWitness: (witness) => ({ ...witness, nowMs: witness.nowMs + tickMs }),
    strikeWitness: (witness, fault, budget) => [
      fault === "witnessStep"
        ? { ...witness, nowMs: witness.nowMs + 60_000 }
        : { ...witness, record: emptyLease(witness.record.slot) },
      spent(budget, fault),
    ],
    degradedEpoch: ({ record }) =>
      JSON.stringify(record.note).includes('"degraded"') ? record.epoch : null,
    mayHappen,
    spend: spent,
    senderOf: ({ from }) => from,
  };
}

function outcomeOf(local: Local): LocalOutcome<Region, Letter, Budget> {
  const { side, region, sent, budget, broken, reached, relaxedEpoch } = local;
  const letters = sent.map((message): Letter => ({ from: side, message }));
  return { region, letters, budget, broken, reached, relaxedEpoch };
}

/** The witness decides, by the code that ships; the answer is under way, or known at once where readings take no time. */
function handle(local: Local, index: number, witness: Witness): Witness {
  const { region, rules } = local;
  const call = region.calls[index];
  if (call === undefined) return witness;
  if (isLate(region, call)) spend(local, "late");
  const { witnessHasClock, readsTakeTime } = rules.configuration;
  let { record } = witness;
  let reply: LeaseReply | null = null;
  if (call.request !== null) {
    reply = rules.protocol.applyLease(record, call.request, witnessHasClock ? witness.nowMs : null);
    record = reply.record;
  }
  const answered = { ...call, answer: { record, reply } };
  change(local, { calls: region.calls.with(index, answered) });
  if (reply === null && !readsTakeTime) doMove(local, { kind: "answer", index });
  const { epoch, rev, holder } = record;
  local.notes?.push(`the witness has epoch ${epoch} rev ${rev} of ${holder ?? "nobody"}`);
  return reply?.ok === true && !reply.repeated ? { ...witness, record } : witness;
}
