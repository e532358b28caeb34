/** The PostgreSQL adapter on two real servers: following that was interrupted at any point goes on, and nothing whole is removed. */
import { spawn } from "node:child_process";
import {
  chmodSync,
  copyFileSync,
  existsSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { makeAbort } from "../../src/control/abort.ts";
import { type Pair, runningPair, type Side } from "./postgresql-pair.ts";

let pair: Pair;
beforeAll(async () => {
  pair = await runningPair();
});
afterAll(() => pair?.close());

const patience = { timeout: 60_000, interval: 100 };
const leftIn = (side: Side): readonly string[] =>
  readdirSync(side.stateFolder).filter((name) => /^(?:old|fresh|rewinding)/.test(name));

/** The first writes, the second follows, and what is written next has to be there at the end. */
let id = 0;
beforeEach(async () => {
  const { a, b } = pair;
  await b.service.follow();
  await a.service.setSync("relaxed");
  id += 1;
  expect(await a.write(id)).toBe("acknowledged");
});

async function expectFollowing(): Promise<void> {
  const { a, b } = pair;
  expect(await b.service.look()).toMatchObject({ isFollowing: true });
  await expect.poll(() => b.ids(), patience).toEqual(await a.ids());
  expect(leftIn(b)).toEqual([]);
}

describe("following that was interrupted", () => {
  test("in the middle of a rewind: no such data are started, and a copy replaces them", async () => {
    const { b } = pair;
    await b.die();
    writeFileSync(join(b.stateFolder, "rewinding"), "");
    await b.again().tend();
    expect(await b.pids()).toEqual([]);
    b.tenure = 99;
    await expect(b.again().promote(99)).rejects.toMatchObject({ code: "PromotionRefused" });
    b.tenure = null;
    await b.again().follow();
    await expectFollowing();
  });

  test("in the middle of a copy: what was there goes on, and what was half made is removed", async () => {
    const { b } = pair;
    // It is ended as soon as it began, as by a promotion that was asked meanwhile.
    const abort = makeAbort();
    await b.die();
    writeFileSync(join(b.stateFolder, "rewinding"), "");
    const following = b
      .again()
      .follow(abort.signal)
      .then(
        () => "followed",
        () => "ended",
      );
    await expect.poll(() => existsSync(join(b.stateFolder, "fresh")), patience).toBe(true);
    abort.abort();
    await following;
    expect(existsSync(join(b.dataFolder, "PG_VERSION"))).toBe(true);
    await b.again().follow();
    await expectFollowing();
  });

  test("between two renames: the whole copy takes the empty place, and the old one goes only then", async () => {
    const { b } = pair;
    await b.die();
    // As it stands when the machine lost its power there.
    renameSync(b.dataFolder, join(b.stateFolder, "fresh"));
    writeFileSync(join(b.stateFolder, "fresh.whole"), "");
    await b.again().tend();
    expect(await b.pids()).toEqual([]);
    await b.again().follow();
    await expectFollowing();
  });

  test("while the peer is gone: nothing is touched", async () => {
    const { a, b } = pair;
    await b.die();
    rmSync(join(b.dataFolder, "global", "pg_control"));
    writeFileSync(join(b.stateFolder, "rewinding"), "");
    await a.die();
    await expect(b.again().follow()).rejects.toMatchObject({ code: "DataServiceUnreachable" });
    expect(existsSync(join(b.dataFolder, "PG_VERSION"))).toBe(true);
    await a.service.tend();
    await a.service.setSync("relaxed");
    await b.again().follow();
    await expectFollowing();
  });

  test("by an agent whose program went on: that is ended first", async () => {
    const { b } = pair;
    await b.die();
    writeFileSync(join(b.stateFolder, "rewinding"), "");
    // A program of that name in that folder, which is all that is known of it.
    const program = join(b.stateFolder, "pg_basebackup");
    copyFileSync("/bin/sleep", program);
    chmodSync(program, 0o755);
    const left = spawn(program, ["600"]);
    const ended = new Promise((resolve) => left.once("exit", (_, signal) => resolve(signal)));
    await new Promise((resolve) => left.once("spawn", resolve));
    await b.again().follow();
    expect(await ended).toBe("SIGKILL");
    await expectFollowing();
  });
});
