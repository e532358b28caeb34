/** What every data service of a region must do (`control/failover/data-service.ts`); run against the fake and the real ones alike. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { DataService } from "../../src/control/failover/data-service.ts";
import type { ServiceFacts } from "../../src/core/failover/facts.ts";
import { Failure } from "../../src/core/kernel/failure.ts";

export type DataServiceWorld = {
  /** Of a region that has the data; its peer's copy follows it. */
  readonly service: DataService;
  /** What its watchdog holds from now on. */
  setTenure(epoch: number | null): void;
  /** A client's write; `waits` when it is not answered within the limit, or without one within what a busy machine needs. */
  write(limitMs?: number): Promise<"acknowledged" | "refused" | "waits">;
  /** The peer's copy is gone from now on, or back. */
  setStandby(isThere: boolean): Promise<void>;
  /** The server dies at once and is started again; resolves when it answers, and what belongs to it was done. */
  fall(): Promise<void>;
  /**
   * False of a service that may lose: nothing makes its commits wait for the peer's copy. It keeps every other promise, and never says
   * that they do. Absent is true.
   */
  readonly commitsCanWait?: boolean;
  /** Lets time pass while `work` is under way; only a world with a clock of its own needs it. */
  drive?<T>(work: Promise<T>): Promise<T>;
  close(): Promise<void>;
};

/** Who expects that a commit waits does not wait long for it. */
const briefMs = 1_500;

type Bench = {
  world(): DataServiceWorld;
  drive<T>(work: Promise<T>): Promise<T>;
  factsOf(): Promise<ServiceFacts>;
  nextEpoch(): number;
  /** At a new epoch, which it gives. */
  promote(): Promise<number>;
  fence(): Promise<void>;
  readonly patience: { readonly timeout: number; readonly interval: number };
};

/** Every test begins with a fenced service whose data are here, and a peer whose copy is there. */
export function dataServiceContract(
  name: string,
  makeWorld: () => Promise<DataServiceWorld>,
  patience: Bench["patience"],
): void {
  describe(`${name} as a data service`, () => {
    let made: DataServiceWorld;
    let epoch = 10;
    const bench: Bench = {
      world: () => made,
      drive: (work) => made.drive?.(work) ?? work,
      factsOf: async () => (await bench.drive(made.service.measure())).facts,
      nextEpoch() {
        epoch += 2;
        return epoch;
      },
      async promote() {
        const next = bench.nextEpoch();
        made.setTenure(next);
        await bench.drive(made.service.promote(next));
        return next;
      },
      fence: () => bench.drive(made.service.fence("the test says so")),
      patience,
    };
    beforeAll(async () => {
      made = await makeWorld();
    });
    afterAll(() => made.close());
    beforeEach(async () => {
      made.setTenure(null);
      await bench.fence();
    });
    afterEach(() => made.setStandby(true));
    writingPromises(bench);
    commitPromises(bench);
    fallPromises(bench);
  });
}

function writingPromises(bench: Bench): void {
  test("that is fenced takes no writes, and says that the data are here", async () => {
    expect(await bench.drive(bench.world().write())).toBe("refused");
    await expect
      .poll(bench.factsOf, bench.patience)
      .toMatchObject({ role: "writable", ready: true });
  });

  test("is promoted under a live tenure of that epoch and under no other", async () => {
    const epoch = bench.nextEpoch();
    await expect(bench.drive(bench.world().service.promote(epoch))).rejects.toBeInstanceOf(Failure);
    bench.world().setTenure(epoch + 1);
    await expect(bench.drive(bench.world().service.promote(epoch))).rejects.toBeInstanceOf(Failure);
    expect(await bench.drive(bench.world().write())).toBe("refused");
    await bench.promote();
    expect(await bench.drive(bench.world().write())).toBe("acknowledged");
  });

  test("does once what is asked twice", async () => {
    const epoch = await bench.promote();
    await bench.drive(bench.world().service.promote(epoch));
    expect(await bench.drive(bench.world().write())).toBe("acknowledged");
    await Promise.all([bench.fence(), bench.fence()]);
    await bench.fence();
    expect(await bench.drive(bench.world().write())).toBe("refused");
  });

  test("goes on taking writes under a later epoch", async () => {
    await bench.promote();
    const { timeline } = await bench.factsOf();
    await bench.promote();
    expect(await bench.drive(bench.world().write())).toBe("acknowledged");
    expect((await bench.factsOf()).timeline).toBe(timeline);
  });

  test("is not promoted by what was asked before it was fenced", async () => {
    const epoch = bench.nextEpoch();
    bench.world().setTenure(epoch);
    const promoted = bench
      .world()
      .service.promote(epoch)
      .then(
        () => "promoted",
        () => "refused",
      );
    await bench.fence();
    expect(await bench.drive(promoted)).toBe("refused");
    expect(await bench.drive(bench.world().write())).toBe("refused");
  });

  test("writes on from where it was, and says so", async () => {
    const before = await bench.factsOf();
    await bench.promote();
    expect(await bench.drive(bench.world().write())).toBe("acknowledged");
    const { position } = await bench.factsOf();
    expect(position).toBeGreaterThan(before.position ?? Number.MAX_SAFE_INTEGER);
    await bench.fence();
    await expect
      .poll(async () => (await bench.factsOf()).position, bench.patience)
      .toBeGreaterThanOrEqual(position ?? 0);
  });
}

function commitPromises(bench: Bench): void {
  test("lets commits wait for the standby until it is told otherwise, and what was asked last counts; or says that they never do", async () => {
    await bench.promote();
    if (bench.world().commitsCanWait === false) {
      await commitsNeverWait(bench);
      return;
    }
    await expect.poll(async () => (await bench.factsOf()).sync, bench.patience).toBe("in_sync");
    await bench.world().setStandby(false);
    expect(await bench.drive(bench.world().write(briefMs))).toBe("waits");
    await expect
      .poll(bench.factsOf, bench.patience)
      .toMatchObject({ sync: "stalled", standbyReady: false });
    await bench.drive(
      Promise.all([
        bench.world().service.setSync("required"),
        bench.world().service.setSync("relaxed"),
      ]),
    );
    expect(await bench.factsOf()).toMatchObject({ sync: "alone", standbyReady: false });
    expect(await bench.drive(bench.world().write())).toBe("acknowledged");
    await bench.world().setStandby(true);
    await expect
      .poll(bench.factsOf, bench.patience)
      .toMatchObject({ sync: "alone", standbyReady: true });
    await bench.drive(bench.world().service.setSync("required"));
    await expect.poll(async () => (await bench.factsOf()).sync, bench.patience).toBe("in_sync");
  });
}

async function commitsNeverWait(bench: Bench): Promise<void> {
  const alone = (standbyReady: boolean): Promise<void> =>
    expect.poll(bench.factsOf, bench.patience).toMatchObject({ sync: "alone", standbyReady });
  await alone(true);
  await bench.world().setStandby(false);
  expect(await bench.drive(bench.world().write())).toBe("acknowledged");
  await alone(false);
  await bench.drive(bench.world().service.setSync("required"));
  await alone(false);
  expect(await bench.drive(bench.world().write())).toBe("acknowledged");
  await bench.world().setStandby(true);
  await alone(true);
}

function fallPromises(bench: Bench): void {
  test("that falls comes back without writes when its tenure is over", async () => {
    await bench.promote();
    bench.world().setTenure(null);
    await bench.drive(bench.world().fall());
    expect(await bench.drive(bench.world().write())).toBe("refused");
  });

  test("that falls within its tenure takes writes again, and its commits wait again", async () => {
    await bench.promote();
    await bench.drive(bench.world().service.setSync("relaxed"));
    expect((await bench.factsOf()).sync).toBe("alone");
    await bench.drive(bench.world().fall());
    const waits = bench.world().commitsCanWait === false ? "alone" : "in_sync";
    await expect.poll(async () => (await bench.factsOf()).sync, bench.patience).toBe(waits);
    expect(await bench.drive(bench.world().write())).toBe("acknowledged");
  });

  test("follows nobody while a tenure is live", async () => {
    await bench.promote();
    await expect(bench.drive(bench.world().service.follow())).rejects.toBeInstanceOf(Failure);
    expect(await bench.drive(bench.world().write())).toBe("acknowledged");
  });
}
