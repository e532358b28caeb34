/** Where a configuration begins. */
import { emptyLease } from "../../core/lease/record.ts";
import { type Configuration, type Fault, faults } from "./configuration.ts";
import type { Rules } from "./local.ts";
import { plainParts } from "./plain.ts";
import type { Protocol } from "./protocol.ts";
import { isServed, quietAction } from "./quiet.ts";
import { regionFacts } from "./region-facts.ts";
import { perform } from "./transition.ts";
import type { Region, Store, World } from "./world.ts";

export function rulesOf(protocol: Protocol, configuration: Configuration): Rules {
  const { group } = configuration;
  const contexts = [
    { self: "A", peer: "B", group },
    { self: "B", peer: "A", group },
  ] as const;
  return { protocol, configuration, contexts };
}

const none = Object.fromEntries(faults.map((fault) => [fault, 0])) as Record<Fault, number>; // All keys are there.
const emptyStore: Store = { record: null, previous: null, isDown: false };
const emptyRegion: Region = {
  nowMs: 1_000_000,
  power: "on",
  agent: null,
  isPaused: false,
  watchdog: { tenure: null },
  stores: [emptyStore, emptyStore],
  storing: null,
  durable: null,
  data: { kind: "closed" },
  promoting: null,
  calls: [],
  suspendedMs: 0,
  hasData: false,
  starts: 0,
};

/** The data is in A before anybody starts. */
const regionA: Region = { ...emptyRegion, hasData: true };

const coldWorld: World = {
  regions: [regionA, emptyRegion],
  witness: { record: emptyLease("group"), nowMs: 5_000_000 },
  letters: [],
  budget: { left: none, inAll: 0 },
  granted: { epoch: 0, side: null },
  cuts: 0,
};

/** The first state. `serving` is reached by the reducer itself, undisturbed: A first, and B when A serves. */
export function begin(rules: Rules): World {
  const { faults: allowed, faultsInAll, begins } = rules.configuration;
  const first = begins === "cold" ? coldWorld : served(rules);
  return { ...first, budget: { left: { ...none, ...allowed }, inAll: faultsInAll } };
}

function served(rules: Rules): World {
  const off: Region = { ...emptyRegion, power: "off" };
  const isDone = (world: World): boolean => isServed(factsOf(world));
  const alone = runUntil({ ...coldWorld, regions: [regionA, off] }, rules, isDone, false);
  const isSettled = (world: World): boolean =>
    isDone(world) && world.regions.every(({ agent }) => agent?.record?.armed === true);
  return runUntil({ ...alone, regions: [alone.regions[0], emptyRegion] }, rules, isSettled, true);
}

const factsOf = ({
  regions,
}: World): [ReturnType<typeof regionFacts>, ReturnType<typeof regionFacts>] => [
  regionFacts(0, regions[0]),
  regionFacts(1, regions[1]),
];

function runUntil(
  from: World,
  rules: Rules,
  isDone: (world: World) => boolean,
  powerReturns: boolean,
): World {
  let world = from;
  const notes: string[] = [];
  const parts = plainParts(rules, notes);
  for (let count = 0; count < 1000; count += 1) {
    const quiet = { powerReturns, witnessAnswers: true };
    const action = quietAction(world, parts, quiet, (region) => region);
    // It ends where nothing is under way, so that the first state is simple.
    if (isDone(world) && action.kind === "advance") return world;
    const outcome = perform(world, action, parts, rules.configuration);
    if (outcome.broken !== null) throw new Error(`broken before the beginning: ${outcome.broken}`);
    world = outcome.world;
  }
  throw new Error(
    `the beginning of the configuration is not reached:\n${notes.slice(-60).join("\n")}`,
  );
}
