import { expect, test } from "vitest";
import type { ServiceFacts } from "../../core/failover/facts.ts";
import { Failure } from "../../core/kernel/failure.ts";
import type { DataService } from "./data-service.ts";
import { severalServices } from "./several-services.ts";

const factsOf = (name: string): ServiceFacts => ({
  name,
  role: "writable",
  sync: "in_sync",
  standbyReady: true,
  position: 1,
  timeline: 1,
  ready: true,
});

/** A service that notes what it is asked for, and fails at all of it when told so. */
function serviceOf(name: string, done: string[], fails = false): DataService {
  const note = async (what: string): Promise<void> => {
    done.push(`${name} ${what}`);
    if (fails) throw new Failure("FenceFailed", `${name} hangs`);
  };
  return {
    name,
    fence: (because) => note(`fence: ${because}`),
    promote: (epoch) => note(`promote ${epoch}`),
    setSync: (sync) => note(sync),
    async measure() {
      await note("measure");
      return { facts: factsOf(name), notReady: [`${name}: no room`] };
    },
    follow: () => note("follow"),
  };
}

test("all are fenced at once, also beside one that fails, and the failure is told", async () => {
  const done: string[] = [];
  const services = severalServices([
    serviceOf("ledger", done, true),
    serviceOf("cache", done),
    serviceOf("search", done, true),
  ]);
  await expect(services.fence("it is over")).rejects.toMatchObject({
    code: "FenceFailed",
    message: "ledger hangs; search hangs",
  });
  expect(done).toEqual(["ledger", "cache", "search"].map((name) => `${name} fence: it is over`));
});

test("a promotion goes to the service of that name and to no other", async () => {
  const done: string[] = [];
  const services = severalServices([serviceOf("ledger", done), serviceOf("cache", done)]);
  await services.promote("cache", 7);
  expect(done).toEqual(["cache promote 7"]);
  await expect(services.promote("queue", 7)).rejects.toMatchObject({ code: "NotFound" });
});

test("all are told whether commits wait", async () => {
  const done: string[] = [];
  await severalServices([serviceOf("a", done), serviceOf("b", done)]).setSync("relaxed");
  expect(done).toEqual(["a relaxed", "b relaxed"]);
});

test("one that can not be measured is unknown, and hides no other", async () => {
  const done: string[] = [];
  const services = severalServices([serviceOf("a", done, true), serviceOf("b", done)]);
  const { services: facts, notReady } = await services.measure();
  expect(facts.map(({ name, role, ready }) => [name, role, ready])).toEqual([
    ["a", "unknown", false],
    ["b", "writable", true],
  ]);
  expect(notReady).toEqual(["a: a hangs", "b: no room"]);
});

test("a region without data services has nothing to fence and nothing to measure", async () => {
  const services = severalServices([]);
  await services.fence("it starts");
  expect(await services.measure()).toEqual({ services: [], notReady: [] });
});
