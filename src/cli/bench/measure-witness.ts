/** What a witness can do: renewals by one and by many, its start, its memory, and what is left after it was killed. */
import type { Witness } from "../../control/env.ts";
import { Failure } from "../../core/kernel/failure.ts";
import type { LeaseRecord } from "../../core/lease/record.ts";
import type { LeaseReply } from "../../core/lease/request.ts";
import { benchHolder, type WitnessBackend } from "./witness-backends.ts";

export type Renewals = {
  readonly clients: number;
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
};

export type Kills = {
  readonly kills: number;
  readonly acknowledged: number;
  readonly grants: number;
  /** Acknowledged writes whose revision or epoch was not there afterwards, and epochs that were granted twice. */
  readonly lost: number;
  readonly twice: number;
  readonly restartP50Ms: number;
  readonly restartMaxMs: number;
};

export type WitnessMeasure = {
  readonly name: string;
  readonly startP50Ms: number;
  readonly idleMb: number;
  readonly busyMb: number;
  readonly renewals: readonly Renewals[];
  readonly kills?: Kills;
};

let asked = 0;
const common = (rev: number) => ({
  holder: benchHolder,
  instance: `bench-${process.pid}`,
  reqId: `b-${process.pid}-${++asked}`,
  ifRev: rev,
  note: { role: "holder", lsn: "0/3000060", timeline: 1, sync: "in_sync" },
});

const ask = {
  acquire: (witness: Witness, slot: string, { rev }: LeaseRecord): Promise<LeaseReply> =>
    witness.ask(slot, { op: "acquire", ...common(rev), ttlMs: 300_000, epochFloor: 0 }),
  renew: (witness: Witness, slot: string, { rev, epoch }: LeaseRecord): Promise<LeaseReply> =>
    witness.ask(slot, { op: "renew", ...common(rev), ttlMs: 300_000, epoch }),
  release: (witness: Witness, slot: string, { rev, epoch }: LeaseRecord): Promise<LeaseReply> =>
    witness.ask(slot, { op: "release", ...common(rev), epoch }),
} as const;

function quantile(sorted: readonly number[], ratio: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * ratio))] ?? 0;
}

const ascending = (values: readonly number[]): readonly number[] =>
  [...values].sort((a, b) => a - b);

/** Starts it several times; the last one stays. */
export async function measureStart(
  start: () => Promise<WitnessBackend>,
  times: number,
): Promise<{ readonly backend: WitnessBackend; readonly startP50Ms: number }> {
  const tookMs: number[] = [];
  for (;;) {
    const beganMs = performance.now();
    const backend = await start();
    tookMs.push(performance.now() - beganMs);
    if (tookMs.length >= times) return { backend, startP50Ms: quantile(ascending(tookMs), 0.5) };
    await backend.stop();
  }
}

/** Each client holds a lease of its own and renews it, as fast as it is answered. */
export async function measureRenewals(
  backend: WitnessBackend,
  clients: number,
  seconds: number,
): Promise<Renewals> {
  const tookMs: number[] = [];
  const endMs = performance.now() + seconds * 1_000;
  const renewing = async (_: unknown, client: number): Promise<void> => {
    const witness = backend.connect();
    const slot = `bench/${clients}/${client}`;
    let reply = await ask.acquire(witness, slot, await witness.read(slot));
    while (performance.now() < endMs) {
      const beganMs = performance.now();
      reply = await ask.renew(witness, slot, reply.record);
      tookMs.push(performance.now() - beganMs);
      if (!reply.ok) throw new Failure("AnswerWrong", `a renewal was refused as ${reply.code}`);
    }
    await ask.release(witness, slot, reply.record);
  };
  await Promise.all(Array.from({ length: clients }, renewing));
  const sorted = ascending(tookMs);
  return {
    clients,
    perSecond: sorted.length / seconds,
    p50Ms: quantile(sorted, 0.5),
    p99Ms: quantile(sorted, 0.99),
    maxMs: sorted.at(-1) ?? 0,
  };
}

const killSlots = 8;

/** Kills it again and again while clients acquire and release, and looks for what it had acknowledged. */
export async function measureKills(
  backend: WitnessBackend,
  kills: number,
  onProgress: (line: string) => void,
): Promise<Kills> {
  const slots = Array.from({ length: killSlots }, (_, at) => `kill/${at}`);
  const last = new Map<string, LeaseRecord>();
  const granted = new Set<string>();
  const restartsMs: number[] = [];
  let [acknowledged, grants, lost, twice] = [0, 0, 0, 0];
  const witness = backend.connect();
  for (let kill = 1; kill <= kills; kill++) {
    const found = await Promise.all(slots.map((slot) => witness.read(slot)));
    for (const { slot, rev, epoch } of found) {
      const before = last.get(slot);
      if (before !== undefined && (rev < before.rev || epoch < before.epoch)) lost += 1;
    }
    const over = new AbortController();
    const work = found.map(async (first) => {
      const { slot } = first;
      let current = first;
      while (!over.signal.aborted) {
        const operation = current.holder === null ? ask.acquire : ask.release;
        const reply = await operation(witness, slot, current).catch(() => undefined); // It was killed just then.
        if (reply === undefined) return;
        current = reply.record;
        if (!reply.ok) continue;
        acknowledged += 1;
        last.set(slot, reply.record);
        if (operation !== ask.acquire) continue;
        grants += 1;
        const grant = `${slot} ${reply.record.epoch}`;
        if (granted.has(grant)) twice += 1;
        granted.add(grant);
      }
    });
    await new Promise((resolve) => setTimeout(resolve, 100 + ((kill * 73) % 400)));
    const beganMs = performance.now();
    await backend.crash();
    restartsMs.push(performance.now() - beganMs);
    over.abort();
    await Promise.all(work);
    if (kill % 10 === 0) onProgress(`${kill} of ${kills} kills, ${acknowledged} acknowledged`);
  }
  for (const slot of slots) {
    const { rev, epoch } = await witness.read(slot);
    const before = last.get(slot);
    if (before !== undefined && (rev < before.rev || epoch < before.epoch)) lost += 1;
  }
  const sorted = ascending(restartsMs);
  const restarts = { restartP50Ms: quantile(sorted, 0.5), restartMaxMs: sorted.at(-1) ?? 0 };
  return { kills, acknowledged, grants, lost, twice, ...restarts };
}
