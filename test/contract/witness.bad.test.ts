/** A suite that nothing can fail proves nothing: stores that look like a witness and are none must fail it, by name. */
import { describe, expect, test } from "vitest";
import { badWitnesses, startBad } from "./bad-witnesses.ts";
import { witnessChecks } from "./witness.ts";
import { subjectOf, Violation, type WitnessUnderTest } from "./witness-subject.ts";

/** What the suite says about it: the violations of all checks, each once. Anything else that is thrown is the test's failure. */
async function violationsOf(start: (seed: number) => WitnessUnderTest): Promise<readonly string[]> {
  const found = new Set<string>();
  let seed = 1;
  for (const check of Object.values(witnessChecks)) {
    const subject = subjectOf(start(seed++));
    try {
      await subject.drive(check(subject));
    } catch (thrown) {
      if (!(thrown instanceof Violation)) throw thrown;
      for (const reason of thrown.reasons) found.add(reason);
    }
  }
  return [...found];
}

describe("the suite finds a witness that", () => {
  test.each(badWitnesses.map((bad) => [bad.name, bad] as const))(
    "%s",
    { timeout: 60_000 },
    async (_, bad) => {
      const found = await violationsOf((seed) => startBad(bad, seed));
      expect(found).toEqual(expect.arrayContaining([...bad.found]));
    },
  );
});
