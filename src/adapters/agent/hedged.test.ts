import { expect, test } from "vitest";
import { type Attempt, hedged } from "./hedged.ts";

const never = new AbortController().signal;
const long = 1_000_000;

function attempt(name: string, run: Attempt<string>["run"]): Attempt<string> {
  return { name, run };
}
const fails = (name: string): Attempt<string> =>
  attempt(name, () => Promise.reject(new Error("refused")));
const succeeds = (name: string): Attempt<string> => attempt(name, async () => name);
const hangs = (name: string, ended: string[] = []): Attempt<string> =>
  attempt(
    name,
    (signal) =>
      new Promise(() => {
        signal.addEventListener("abort", () => ended.push(name));
      }),
  );

test("the next one is begun at once when the one before it failed", async () => {
  const result = await hedged([fails("UDP"), fails("TCP"), succeeds("HTTPS")], long, never);
  expect(result).toEqual({ ok: true, value: "HTTPS", by: "HTTPS" });
});

test("the next one is begun when the one before it took its time, which is ended then", async () => {
  const ended: string[] = [];
  const result = await hedged([hangs("UDP", ended), succeeds("TCP")], 5, never);
  expect(result).toMatchObject({ by: "TCP" });
  expect(ended).toEqual(["UDP"]);
});

test("one that is slow still counts while the next is under way", async () => {
  const slow = attempt("UDP", () => new Promise((resolve) => setTimeout(resolve, 50, "slow")));
  expect(await hedged([slow, hangs("TCP")], 5, never)).toMatchObject({ value: "slow", by: "UDP" });
});

test("when all failed it says why each did", async () => {
  const because = "UDP: refused; TCP: refused";
  expect(await hedged([fails("UDP"), fails("TCP")], long, never)).toEqual({ ok: false, because });
});

test("when the time is over it says what failed until then, and begins nothing more", async () => {
  const stop = new AbortController();
  const waiting = hedged([fails("UDP"), hangs("TCP"), succeeds("HTTPS")], long, stop.signal);
  await new Promise((resolve) => setImmediate(resolve));
  stop.abort();
  const because = "UDP: refused; the rest did not answer in time";
  expect(await waiting).toEqual({ ok: false, because });
  expect(await hedged([succeeds("UDP")], long, stop.signal)).toMatchObject({ ok: false });
});
