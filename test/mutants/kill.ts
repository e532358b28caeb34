/** Runs the one checker that has to find a mutant, against the mutated copy and against what ships. */
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { registerWitness } from "../../src/adapters/witness/register-witness.ts";
import { seededRandom } from "../../src/core/kernel/random.ts";
import type { runSeed } from "../../src/sim/failover-swarm.ts";
import { fakeLeaseRegister } from "../../src/sim/fake-lease-register.ts";
import type { FakeWitness, fakeWitness } from "../../src/sim/fake-witness.ts";
import { check, selected } from "../../src/sim/model/check.ts";
import { type Protocol, shippedProtocol } from "../../src/sim/model/protocol.ts";
import type { Death, Mutant } from "../../src/sim/mutants/mutant.ts";
import { virtualClock } from "../../src/sim/virtual-clock.ts";
import { driverOf } from "../contract/virtual-drive.ts";
import { witnessChecks } from "../contract/witness.ts";
import { subjectOf, Violation, type WitnessUnderTest } from "../contract/witness-subject.ts";
import { root } from "../house/tree.ts";
import { mutatedSource } from "./mutated-source.ts";
import { properties } from "./properties.ts";
import { rehearsals } from "./rehearsals.ts";
import { rehearsalsOfGuards } from "./rehearsals-guards.ts";
import { rehearsalsOfOwn } from "./rehearsals-own.ts";

/** What a checker said: the words of what is broken, and null when nothing is. */
export type Finding = string | null;

/** Imports a file below `src`, of the copy or of the checkout. */
export type Load = (file: string) => Promise<unknown>;

type Judge = {
  /** What has to be loaded from the copy. */
  readonly entries: readonly string[];
  readonly judge: (load: Load) => Promise<Finding>;
};

function judgeOf(file: string, death: Death): Judge {
  switch (death.checker) {
    case "model":
      return {
        entries: protocolFiles,
        judge: async (load) => judgeModel(death, await protocolOf(load)),
      };
    case "swarm":
      return { entries: [swarmFile], judge: (load) => judgeSwarm(death, load) };
    case "conformance":
      return {
        entries: [file.startsWith("adapters/") ? registerFile : fakeFile],
        judge: (load) => judgeContract(file, death.check, load),
      };
    case "property":
    case "rehearsal": {
      const known =
        death.checker === "property"
          ? properties
          : { ...rehearsals, ...rehearsalsOfOwn, ...rehearsalsOfGuards };
      const property = known[death.property];
      if (property === undefined)
        throw new Error(`there is no ${death.checker} "${death.property}"`);
      return property;
    }
  }
}

const swarmFile = "sim/failover-swarm.ts";
const fakeFile = "sim/fake-witness.ts";
const registerFile = "adapters/witness/register-witness.ts";
const protocolFiles = [
  "core/failover/initial-state.ts",
  "core/failover/step.ts",
  "core/failover/watchdog.ts",
  "core/lease/apply.ts",
];

async function protocolOf(load: Load): Promise<Protocol> {
  const parts = await Promise.all(protocolFiles.map(load));
  return Object.assign({}, ...(parts as Partial<Protocol>[])) as Protocol; // The files have these names.
}

function judgeModel(
  death: Extract<Death, { readonly checker: "model" }>,
  protocol: Protocol,
): Finding {
  const [configuration] = selected({ names: [death.configuration] });
  if (configuration === undefined) throw new Error(`no configuration ${death.configuration}`);
  return check(protocol, configuration, { states: death.states }).violation?.what ?? null;
}

async function judgeSwarm(
  { seed, policy }: Extract<Death, { readonly checker: "swarm" }>,
  load: Load,
): Promise<Finding> {
  const swarm = (await load(swarmFile)) as { readonly runSeed: typeof runSeed }; // The copy of that file.
  const [violation] = (await swarm.runSeed(seed, policy === undefined ? {} : { policy }))
    .violations;
  return violation === undefined ? null : `${violation.checker}: ${violation.what}`;
}

async function judgeContract(file: string, name: string, load: Load): Promise<Finding> {
  const contract = witnessChecks[name];
  if (contract === undefined) throw new Error(`the contract has no check "${name}"`);
  const start = file.startsWith("adapters/") ? startStore : startFake;
  const subject = subjectOf(await start(load));
  try {
    await subject.drive(contract(subject));
    return null;
  } catch (thrown) {
    if (!(thrown instanceof Violation)) throw thrown;
    return `${thrown.reasons.join(", ")}: ${thrown.message}`;
  }
}

async function startFake(load: Load): Promise<WitnessUnderTest> {
  const clock = virtualClock(7);
  const made = (await load(fakeFile)) as { readonly fakeWitness: typeof fakeWitness }; // The copy of that file.
  const fake: FakeWitness = made.fakeWitness({ id: "fake", random: seededRandom(7), clock });
  return {
    connect() {
      const link = fake.connect();
      link.setFaults({ slowPerMille: 500, slowMs: 20 });
      return link;
    },
    clock,
    drive: driverOf(clock),
    expiry: "own",
    stepClock: async (byMs) => fake.stepClock(byMs),
    unreachable: fake.connect(),
    operations: 3_000,
    stop: async () => {},
  };
}

async function startStore(load: Load): Promise<WitnessUnderTest> {
  const clock = virtualClock(8);
  const options = { random: seededRandom(8), clock, hasClock: true };
  const register = fakeLeaseRegister({ ...options, id: "store" });
  const made = (await load(registerFile)) as { readonly registerWitness: typeof registerWitness }; // The copy of that file.
  return {
    connect: () => made.registerWitness(register),
    clock,
    drive: driverOf(clock, 5),
    expiry: "own",
    stepClock: async (byMs) => register.stepClock(byMs),
    unreachable: made.registerWitness(register),
    operations: 3_000,
    stop: async () => {},
  };
}

/** From the checkout, where the tests themselves have it from. */
const loadShipped: Load = (file) => import(pathToFileURL(join(root, "src", file)).href);

/** What the mutant's checker finds in the mutated copy. */
export async function findingIn(mutant: Mutant): Promise<Finding> {
  const { entries, judge } = judgeOf(mutant.file, mutant.diesIn);
  const copy = mutatedSource(mutant, entries);
  try {
    return await judge(copy.load);
  } finally {
    copy.remove();
  }
}

const shipped = new Map<string, Promise<Finding>>();

/** What the same checker finds in the same place of what ships; each place is visited once. */
export function findingInShipped({ file, diesIn }: Mutant): Promise<Finding> {
  const { checker, property } = diesIn;
  // Where it looks, and not what it is to find there, but for those that look for one thing only.
  const isAlone = checker === "property" || checker === "rehearsal";
  const place = JSON.stringify({
    file: checker === "conformance" ? file : "",
    ...diesIn,
    property: isAlone ? property : "",
  });
  const known = shipped.get(place) ?? shippedFinding(file, diesIn);
  shipped.set(place, known);
  return known;
}

async function shippedFinding(file: string, death: Death): Promise<Finding> {
  if (death.checker === "model") return judgeModel(death, shippedProtocol);
  return judgeOf(file, death).judge(loadShipped);
}
