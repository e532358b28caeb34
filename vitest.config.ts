import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";

/** Tests that count what a whole user or machine has: threads, memory, clocks. */
const alone = ["check-budget", "check-budget-limited", "placements-checks"]
  .map((name) => `test/integration/${name}.pdns.test.ts`)
  .concat(
    ["watchdog.test.ts", "witness-guards.workerd.test.ts", "journal-kill.test.ts"].map(
      (name) => `test/integration/${name}`,
    ),
  );

export default defineConfig({
  test: {
    // Vitest leaves one core to itself, which is half of a small machine.
    maxWorkers: availableParallelism(),
    projects: [
      {
        test: {
          name: "unit",
          include: ["src/**/*.test.ts", "test/*.test.ts", "test/contract/*.test.ts"],
          exclude: ["src/sim/**"],
          isolate: false,
          // What hangs ends some day; what is only slow, on a machine that does other things too, is not wrong.
          testTimeout: 180_000,
        },
      },
      {
        test: {
          name: "sim",
          include: ["src/sim/**/*.test.ts"],
          isolate: false,
          testTimeout: 600_000,
        },
      },
      {
        test: {
          name: "mutants",
          include: ["test/mutants/**/*.test.ts"],
          // Each of them takes every core, as the simulator does: after it, and before what keeps time.
          sequence: { groupOrder: 1 },
          testTimeout: 600_000,
        },
      },
      {
        test: {
          name: "integration",
          include: ["test/integration/**/*.test.ts"],
          exclude: alone,
          globalSetup: ["scripts/bundle.mjs"],
          // After the others, because the simulator takes every core. Real servers mostly wait: two files at a time do not disturb each other.
          sequence: { groupOrder: 2 },
          testTimeout: 600_000,
          hookTimeout: 360_000,
          maxWorkers: 2,
        },
      },
      {
        test: {
          name: "alone",
          include: alone,
          globalSetup: ["scripts/bundle.mjs"],
          sequence: { groupOrder: 3 },
          testTimeout: 600_000,
          hookTimeout: 360_000,
          fileParallelism: false,
        },
      },
      {
        test: {
          name: "peers",
          include: ["test/peers/**/*.test.ts"],
          globalSetup: ["test/peers/peers-setup.ts"],
          testTimeout: 180_000,
          hookTimeout: 300_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
