/** Carries out the faults of a plan, and takes them back when their time is over. */

import type { Fault } from "./failover-faults.ts";
import { type Observation, otherOf, type RegionIndex } from "./failover-observation.ts";
import { isTakingOver, type Person, personActs, rememberedOf } from "./failover-people.ts";
import type { SimRegion } from "./failover-region.ts";
import type { WorldTime } from "./failover-time.ts";
import { openWay, type SwarmWitness } from "./failover-witness.ts";
import type { FakeStore } from "./fake-agent-stores.ts";
import { openPeerWay, type PeerWay } from "./fake-peer-link.ts";

/** What faults reach for. */
export type Disturbed = {
  readonly time: WorldTime;
  readonly ttlMs: number;
  readonly calmAtMs: number;
  readonly regions: readonly [SimRegion, SimRegion];
  readonly witness: SwarmWitness;
  readonly mesh: readonly [PeerWay, PeerWay];
  /** How many faults keep the servers apart. */
  readonly replication: { cuts: number };
  readonly person: Person;
  readonly observe: (observation: Observation) => void;
  readonly start: (region: SimRegion) => void;
  /** Told to the timeline; the text is made only when somebody reads it. */
  readonly note: (text: () => string) => void;
};

/** Does one fault; it is over when it says so, or when the calm begins. */
export function disturb(world: Disturbed, fault: Fault): void {
  world.note(() => describe(world, fault));
  const hit: readonly RegionIndex[] = fault.both ? [0, 1] : [fault.region];
  const untilOver = Math.max(1, Math.min(fault.lastsMs, world.calmAtMs - world.time.nowMs()));
  const later = (heal: () => void): void => {
    world.time.after(untilOver, () => {
      world.note(() => `over: ${fault.kind} (fault ${fault.number})`);
      heal();
    });
  };
  if (fault.kind.startsWith("person")) {
    personActs(world.person, fault);
    return;
  }
  if (fault.kind.startsWith("witness")) disturbWitness(world, fault, hit, later);
  else if (isBetween(fault)) disturbBetween(world, fault, hit, later);
  else for (const index of hit) disturbRegion(world, fault, world.regions[index], later);
}

type Later = (heal: () => void) => void;

function isBetween({ kind }: Fault): boolean {
  return kind === "meshCut" || kind === "meshPoor" || kind === "replicationCut";
}

function describe({ regions }: Disturbed, fault: Fault): string {
  const where = fault.both ? "both" : regions[fault.region].name;
  return `fault ${fault.number}: ${fault.kind}, ${where}, for ${fault.lastsMs} ms`;
}

function touched({ observe }: Disturbed, regions: readonly RegionIndex[]): void {
  for (const region of regions) observe({ kind: "disturbed", region });
}

function disturbWitness(
  world: Disturbed,
  fault: Fault,
  hit: readonly RegionIndex[],
  later: Later,
): void {
  const { witness, regions, ttlMs } = world;
  const ways = hit.map((index) => regions[index].way);
  const both = [0, 1] as const;
  switch (fault.kind) {
    case "witnessCut":
      for (const way of ways) way.isCut = true;
      touched(world, hit);
      later(() => {
        for (const way of ways) way.isCut = false;
        touched(world, hit);
      });
      return;
    case "witnessPoor":
      for (const way of ways) {
        way.lostPerMille = 100 + (fault.lot % 500);
        way.slowPerMille = fault.lot % 700;
        way.slowMs = Math.floor(ttlMs / 4);
      }
      touched(world, hit);
      later(() => {
        for (const way of ways) Object.assign(way, { ...openWay(), isCut: way.isCut });
        touched(world, hit);
      });
      return;
    case "witnessDown":
    case "witnessRestart":
      witness.setUp(false);
      touched(world, both);
      later(() => {
        witness.restart(fault.kind === "witnessRestart" ? ttlMs : 0);
        touched(world, both);
      });
      return;
    case "witnessClockStep":
      // Its clock is its own affair: contenders outwait by theirs.
      witness.stepClock((fault.lot - 500) * Math.floor(ttlMs / 100));
      touched(world, both);
      return;
    default:
      // Memory is lost only where both regions remember the epoch, as the assumptions say.
      if (!regions.every((region) => remembers(region, witness.record().epoch))) return;
      witness.forget();
      touched(world, both);
      return;
  }
}

function remembers({ agent, disk }: SimRegion, epoch: number): boolean {
  const copy = disk.copy();
  const stored = copy.kind === "present" && copy.record.epochSeen >= epoch;
  return stored && agent?.agent.current().record?.epochSeen === epoch;
}

function disturbBetween(
  world: Disturbed,
  fault: Fault,
  hit: readonly RegionIndex[],
  later: Later,
): void {
  const ways = hit.map((index) => world.mesh[index]);
  if (fault.kind === "replicationCut") {
    world.replication.cuts += 1;
    later(() => {
      world.replication.cuts -= 1;
    });
    return;
  }
  for (const way of ways) {
    if (fault.kind === "meshCut") way.isCut = true;
    else {
      way.lostPerMille = fault.lot % 600;
      way.doubledPerMille = 200;
      way.latePerMille = 500;
      way.lateMs = (1 + (fault.lot % 3)) * world.ttlMs;
    }
  }
  later(() => {
    for (const way of ways) {
      if (fault.kind === "meshCut") way.isCut = false;
      else Object.assign(way, { ...openPeerWay(), isCut: way.isCut });
    }
  });
}

function disturbRegion(world: Disturbed, fault: Fault, region: SimRegion, later: Later): void {
  const { index } = region;
  touched(world, [index]);
  const healed = (heal: () => void): void =>
    later(() => {
      heal();
      touched(world, [index]);
    });
  switch (fault.kind) {
    case "regionKilled":
      kill(world, region);
      healed(() => powerOn(world, region));
      return;
    case "regionIsolated":
      isolate(world, region, healed);
      return;
    case "clientsCut":
      region.isOpen = false;
      healed(() => {
        region.isOpen = true;
      });
      return;
    case "dnsBlind":
      region.isVisible = false;
      healed(() => {
        region.isVisible = true;
      });
      return;
    case "notReady":
      region.data.red.faults += 1;
      healed(() => {
        region.data.red.faults -= 1;
      });
      return;
    case "agentCrash":
    case "diskLost":
    case "diskTorn":
      crashAgent(world, fault, region, healed);
      return;
    case "agentUpgrade":
      stopAgent(region);
      startSoon(world, region, 50);
      return;
    case "agentHang":
      if (!region.watchdog.isUp()) region.watchdog.start();
      region.agent?.process.hang();
      healed(() => region.agent?.process.goOn());
      return;
    case "machinePause":
      pause(region);
      healed(() => resume(world, region));
      return;
    case "wallStep":
      stepWall(region, (fault.lot - 500) * 200);
      return;
    case "watchdogCrash":
      crashWatchdog(world, region, fault);
      return;
    case "diskFull":
      region.disk.setFull(true);
      healed(() => region.disk.setFull(false));
      return;
    case "journalFull":
      region.journal.setUnwritable(true);
      healed(() => region.journal.setUnwritable(false));
      return;
    case "apiServerDown":
    case "apiServerOld":
      disturbApiServer(fault, region.apiServer, healed);
      return;
    default:
      region.database.crash();
      healed(() => {
        if (region.isOn) region.database.start();
      });
      return;
  }
}

function stopAgent(region: SimRegion): void {
  // The agent and its watchdog away at one moment is the loss of the machine, which is another fault.
  if (region.isOn && !region.watchdog.isUp()) region.watchdog.start();
  region.agent?.process.kill();
  region.agent = null;
}

function startSoon(world: Disturbed, region: SimRegion, delayMs: number): void {
  world.time.after(delayMs, () => {
    if (!region.isOn || region.agent !== null) return;
    if (region.machine.isPaused()) startSoon(world, region, world.ttlMs);
    else world.start(region);
  });
}

function kill(world: Disturbed, region: SimRegion): void {
  if (region.machine.isPaused()) resume(world, region);
  region.isOn = false;
  stopAgent(region);
  region.watchdog.stop();
  region.database.crash();
}

function powerOn(world: Disturbed, region: SimRegion): void {
  if (region.isOn) return;
  if (isKeptOff(world, region)) {
    world.time.after(Math.floor(world.ttlMs / 4), () => powerOn(world, region));
    return;
  }
  region.isOn = true;
  region.watchdog.start();
  region.database.start();
  startSoon(world, region, 200);
}

/** Somebody said that it does not write: it stays off until the other region is at the witness again, or has given up. */
function isKeptOff({ person, regions }: Disturbed, { index }: SimRegion): boolean {
  if (!person.keptOff.has(index)) return false;
  const other = regions[otherOf(index)];
  const state = other.agent?.agent.current();
  if (state === undefined || state.authority.kind === "own") return true;
  // Not yet done, or done and not yet known to the witness: the statement has to stay true.
  if (isTakingOver(other) || rememberedOf(other).some(({ epochOwn }) => epochOwn !== null))
    return true;
  person.keptOff.delete(index);
  return false;
}

function isolate(world: Disturbed, region: SimRegion, healed: Later): void {
  const ways = [region.way, world.mesh[0], world.mesh[1]];
  for (const way of ways) way.isCut = true;
  world.replication.cuts += 1;
  region.isOpen = false;
  region.isVisible = false;
  healed(() => {
    for (const way of ways) way.isCut = false;
    world.replication.cuts -= 1;
    region.isOpen = true;
    region.isVisible = true;
  });
}

function crashAgent(world: Disturbed, fault: Fault, region: SimRegion, healed: Later): void {
  // A region forgets only while the witness remembers: both at once is beyond what ADR 25 assumes, also of an epoch that it never knew.
  const mayForget =
    world.witness.remembers() && !rememberedOf(region).some(({ epochOwn }) => epochOwn !== null);
  stopAgent(region);
  if (mayForget && fault.kind === "diskLost") region.disk.lose();
  if (mayForget && fault.kind === "diskTorn") region.disk.tear();
  healed(() => startSoon(world, region, 20));
}

function pause(region: SimRegion): void {
  if (!region.isOn) return;
  region.machine.pause();
  region.database.pause();
  region.agent?.process.hang();
}

function resume({ observe }: Disturbed, region: SimRegion): void {
  if (!region.machine.isPaused()) return;
  const stoodMs = region.machine.resume();
  observe({ kind: "machineResumed", region: region.index });
  region.database.resume();
  region.watchdog.noticeGap(stoodMs);
  region.agent?.process.goOn();
}

function stepWall(region: SimRegion, byMs: number): void {
  region.machine.stepWall(byMs);
  region.watchdog.noticeGap(byMs);
}

/** Never while the agent hangs or is away: both at one moment is the loss of the machine. */
function crashWatchdog(world: Disturbed, region: SimRegion, fault: Fault): void {
  const isGuarded = region.agent?.process.state() === "running" && !region.machine.isPaused();
  if (!isGuarded) return;
  region.watchdog.stop();
  world.time.after(1 + (fault.lot % 500), () => {
    if (region.isOn) region.watchdog.start();
  });
}

function disturbApiServer(fault: Fault, apiServer: FakeStore | null, healed: Later): void {
  if (apiServer === null) return;
  if (fault.kind === "apiServerOld") {
    apiServer.restoreOld();
    return;
  }
  apiServer.setUp(false);
  healed(() => apiServer.setUp(true));
}

/** At the beginning of the calm, whatever was left over by faults that met one another. */
export function calm(world: Disturbed): void {
  const { regions, mesh, witness, replication } = world;
  world.note(() => "the calm begins");
  replication.cuts = 0;
  for (const way of mesh) Object.assign(way, openPeerWay());
  if (!witness.isUp()) witness.restart(0);
  for (const region of regions) {
    Object.assign(region.way, openWay());
    region.isOpen = true;
    region.isVisible = true;
    region.apiServer?.setUp(true);
    region.disk.setFull(false);
    region.journal.setUnwritable(false);
    resume(world, region);
    region.agent?.process.goOn();
    powerOn(world, region);
    if (!region.watchdog.isUp()) region.watchdog.start();
    if (!region.database.isRunning()) region.database.start();
    if (region.agent === null) startSoon(world, region, 20);
    touched(world, [otherOf(region.index)]);
  }
}
