/** The contract of the port `Witness`: the fake, every store and every host pass the same suite (DESIGN §7.2). */
import { afterAll, beforeAll, describe, test } from "vitest";
import { semanticChecks, type WitnessCheck } from "./witness-semantics.ts";
import { type Subject, subjectOf, type WitnessUnderTest } from "./witness-subject.ts";
import { timeChecks } from "./witness-time.ts";

export { contractHolders, contractSlots, type WitnessUnderTest } from "./witness-subject.ts";

/** All checks by name. Each uses slots of its own, so that one started witness serves them all. */
export const witnessChecks: Readonly<Record<string, WitnessCheck>> = {
  ...semanticChecks,
  ...timeChecks,
};

/** Runs the suite against the witness that `start` gives; it is started once and stopped at the end. */
export function witnessContract(name: string, start: () => Promise<WitnessUnderTest>): void {
  describe(`${name} keeps the contract of a witness`, () => {
    let started: WitnessUnderTest | undefined;
    let subject: Subject | undefined;
    beforeAll(async () => {
      started = await start();
      subject = subjectOf(started);
    }, 120_000);
    afterAll(() => started?.stop());
    const patient = { timeout: 120_000 };
    test.each(Object.entries(witnessChecks))("%s", patient, async (_, check) => {
      if (subject === undefined) throw new Error("the witness under test was not started");
      await subject.drive(check(subject));
    });
  });
}
