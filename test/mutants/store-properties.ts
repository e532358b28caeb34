/** What the stores behind the witness keep when a second process has the same one open. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { registerWitness } from "../../src/adapters/witness/register-witness.ts";
import type { LeaseRegister } from "../../src/control/env.ts";
import type { carryOut } from "../../src/control/failover/carry-out.ts";
import { Failure } from "../../src/core/kernel/failure.ts";
import { emptyLease, type LeaseRecord } from "../../src/core/lease/record.ts";
import type { LeaseRequest } from "../../src/core/lease/request.ts";
import { virtualClock } from "../../src/sim/virtual-clock.ts";
import type { SqlRow, SqlStorage, SqlValue } from "../../src/worker/platform.ts";
import type { askSlot, SlotStore } from "../../src/worker/slots.ts";
import type { makeTables, sqlSlot } from "../../src/worker/sql-slot.ts";
import type { Property } from "./properties.ts";

const slot = "shop";
const slotFile = "worker/sql-slot.ts";
const slotsFile = "worker/slots.ts";
const registerFile = "adapters/witness/register-witness.ts";
const carryFile = "control/failover/carry-out.ts";

/** The database of a file, through the program sqlite3: each statement is a process of its own. */
function sqlOf(file: string): SqlStorage {
  const literal = (value: SqlValue): string =>
    value === null
      ? "NULL"
      : typeof value === "number"
        ? String(value)
        : `'${value.replaceAll("'", "''")}'`;
  return {
    exec(statement, ...values) {
      let next = 0;
      const text = statement.replace(/\?/g, () => literal(values[next++] ?? null));
      const answer = execFileSync("sqlite3", ["-json", file], {
        input: `${text};`,
        encoding: "utf8",
      });
      return answer.trim() === "" ? [] : (JSON.parse(answer) as SqlRow[]); // What -json gives.
    },
  };
}

const written = (holder: string): LeaseRecord => ({
  ...emptyLease(slot),
  epoch: 1,
  rev: 1,
  holder,
  instance: holder,
  ttlMs: 5_000,
  reqId: `q-${holder}`,
});

/** Both found revision 0, and both write revision 1. */
export const twoProcessesOneDatabase: Property = {
  entries: [slotFile],
  async judge(load) {
    const made = (await load(slotFile)) as {
      readonly makeTables: typeof makeTables;
      readonly sqlSlot: typeof sqlSlot;
    };
    const folder = mkdtempSync(join(tmpdir(), "sovereign-two-processes-"));
    try {
      const database = join(folder, "lease.db");
      const [one, other] = [sqlOf(database), sqlOf(database)];
      made.makeTables(one);
      const first = made.sqlSlot(one, slot).swap(written("A"), undefined);
      const second = made.sqlSlot(other, slot).swap(written("B"), undefined);
      return first && !second ? null : `epoch 1 was given to A (${first}) and to B (${second})`;
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
};

/** Another process writes between this host's reading and its writing. */
export const twoHostsOneStore: Property = {
  entries: [slotsFile],
  async judge(load) {
    const made = (await load(slotsFile)) as { readonly askSlot: typeof askSlot }; // That file.
    let stored = emptyLease(slot);
    let isOvertaken = false;
    const store: SlotStore = {
      load: () => stored,
      swap(record) {
        if (!isOvertaken) stored = written("A");
        isOvertaken = true;
        if (stored.rev !== record.rev - 1) return false;
        stored = record;
        return true;
      },
    };
    const request: LeaseRequest = {
      op: "acquire",
      holder: "B",
      instance: "b",
      reqId: "q-B",
      ifRev: 0,
      ttlMs: 5_000,
      epochFloor: 0,
      note: {},
    };
    const { reply } = made.askSlot(store, request, { leaseMs: 0, wallMs: 0, settledAtMs: 0 });
    return reply.ok ? `B is told done, and ${stored.holder ?? "nobody"} holds it` : null;
  },
};

/** The store does it, and its answer is lost; nothing else answers either. */
export const silenceIsDoubt: Property = {
  entries: [registerFile],
  async judge(load) {
    const made = (await load(registerFile)) as { readonly registerWitness: typeof registerWitness }; // That file.
    let stored = emptyLease(slot);
    const register: LeaseRegister = {
      id: "store",
      read: async () => ({ record: stored, nowMs: 0 }),
      async cas(_, __, record) {
        stored = record;
        throw new Failure("WitnessUnreachable", "the answer was lost");
      },
    };
    const common = { holder: "B", instance: "b", reqId: "q-B", ifRev: 0, note: {} };
    const request: LeaseRequest = { ...common, op: "acquire", ttlMs: 5_000, epochFloor: 0 };
    const reply = await made.registerWitness(register).ask(slot, request);
    return reply.ok ? null : `B is told ${reply.code}, and ${stored.holder ?? "nobody"} holds it`;
  },
};

/** One of two stores takes the record. */
export const everyStoreHasIt: Property = {
  entries: [carryFile],
  async judge(load) {
    const made = (await load(carryFile)) as { readonly carryOut: typeof carryOut }; // That file.
    const clock = virtualClock(1);
    const told: string[] = [];
    const stores = [
      { id: "disk", write: async () => {} },
      {
        id: "api",
        write: async () => {
          throw new Failure("TimedOut", "the API server does not answer");
        },
      },
    ];
    // Only what storing a record uses.
    const hands = {
      env: { clock, log: { warn: () => {} } },
      ports: { stores },
      options: { storeLimitMs: 1_000 },
      tell: ({ type }: { readonly type: string }) => told.push(type),
    } as unknown as Parameters<typeof carryOut>[0];
    const record = { version: 2 } as Extract<
      Parameters<typeof carryOut>[1],
      { readonly type: "store" }
    >["record"]; // As above.
    made.carryOut(hands, { type: "store", record });
    await clock.advance(5_000);
    return told.includes("stored") ? "it counts as durable with one store of two" : null;
  },
};
