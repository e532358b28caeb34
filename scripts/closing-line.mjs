// A Vitest reporter: counts tests for the closing line of `npm run check` and `npm test`, which bootstrap.mjs prints
// once everything has ended. It writes `{ passed, failed }` to the file that SOVEREIGN_TEST_COUNTS names.
import { writeFileSync } from "node:fs";

/** The counts of a run; an error outside any test, or a file that could not be loaded, counts as one failure each. */
export function countTests(testModules, unhandledErrors) {
  let passed = 0;
  let failed = unhandledErrors.length;
  for (const testModule of testModules) {
    let tests = 0;
    for (const test of testModule.children.allTests()) {
      tests += 1;
      const { state } = test.result();
      if (state === "passed") passed += 1;
      if (state === "failed") failed += 1;
    }
    if (tests === 0 && testModule.state() === "failed") failed += 1;
  }
  return { passed, failed };
}

// biome-ignore lint/style/noDefaultExport: Vitest loads a reporter by its default export.
export default class ClosingLine {
  onTestRunEnd(testModules, unhandledErrors) {
    const file = process.env["SOVEREIGN_TEST_COUNTS"];
    if (file !== undefined)
      writeFileSync(file, JSON.stringify(countTests(testModules, unhandledErrors)));
  }
}
