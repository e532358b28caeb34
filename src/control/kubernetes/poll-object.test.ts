import { expect, test } from "vitest";
import { Failure } from "../../core/kernel/failure.ts";
import { virtualClock } from "../../sim/virtual-clock.ts";
import { makeAbort } from "../abort.ts";
import type { KubeObject } from "./kube-object.ts";
import type { Found, KubernetesApi } from "./kubernetes-api.ts";
import { type PollOptions, pollObject } from "./poll-object.ts";
import type { Refusal } from "./refusal.ts";
import { resourceKinds } from "./resource-kinds.ts";

const objectOf = (phase: string): KubeObject => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name: "a" },
  status: { phase },
});
const found = (phase: string): Found => ({ kind: "found", object: objectOf(phase) });
const missing: Refusal = { kind: "notFound", what: "object", because: "no such" };
const unknown: Refusal = { kind: "notFound", what: "kind", because: "no such kind" };
const broken = new Failure("KubernetesUnreachable", "it broke off");

/** Waits for a Pod to run, on a server that gives these answers in turn, the last one for ever. */
function polled(
  answers: readonly (Found | Refusal | Failure)[],
  options: Partial<PollOptions> = {},
) {
  const clock = virtualClock(1);
  let asked = 0;
  const get = () => {
    const answer = answers[Math.min(asked, answers.length - 1)] ?? missing;
    asked += 1;
    return answer instanceof Failure ? Promise.reject(answer) : Promise.resolve(answer);
  };
  // Nothing else of the port is used.
  const api = { id: "the script", get } as unknown as KubernetesApi;
  const place = { name: "a", namespace: "n" };
  const result = pollObject(
    api,
    { kind: resourceKinds.pod, place },
    {
      clock,
      until: (object) => JSON.stringify(object).includes("Running"),
      everyMs: 1_000,
      limitMs: 10_000,
      ...options,
    },
  );
  return { clock, result, asked: () => asked };
}

test("what never becomes as it should is late, with what was seen last", async () => {
  const { clock, result, asked } = polled([found("Pending")]);
  await clock.advance(20_000);
  expect(await result).toEqual({ kind: "late", object: objectOf("Pending"), problem: null });
  expect(asked()).toBe(11);
});

test("what can not be read is late with what is wrong, and what was seen before", async () => {
  const { clock, result } = polled([found("Pending"), broken]);
  await clock.advance(20_000);
  expect(await result).toMatchObject({
    kind: "late",
    object: objectOf("Pending"),
    problem: { code: "KubernetesUnreachable" },
  });
});

test("a kind that is not there is no object that is not there", async () => {
  const { clock, result } = polled([unknown], { until: (object) => object === null });
  await clock.advance(20_000);
  expect(await result).toEqual({ kind: "late", object: undefined, problem: unknown });
});

test("a reading that fails is not the last one", async () => {
  const { clock, result } = polled([broken, missing, found("Pending"), found("Running")]);
  await clock.advance(20_000);
  expect(await result).toEqual({ kind: "reached", object: objectOf("Running") });
});

test("what is to go is reached when it is gone", async () => {
  const { clock, result } = polled([found("Running"), missing], {
    until: (object) => object === null,
  });
  await clock.advance(20_000);
  expect(await result).toEqual({ kind: "reached", object: null });
});

test("whoever no longer wants it ends the wait", async () => {
  const abort = makeAbort();
  const { clock, result } = polled([found("Pending")], { signal: abort.signal });
  await clock.advance(1_500);
  abort.abort();
  await clock.advance(0);
  expect(await result).toEqual({ kind: "stopped" });
});
