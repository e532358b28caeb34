import { expect, test } from "vitest";
import type { JsonObject } from "../../core/kernel/json.ts";
import { emptyLease } from "../../core/lease/record.ts";
import type { LeaseReply, LeaseRequest } from "../../core/lease/request.ts";
import { makeAbort } from "../abort.ts";
import type { Signal } from "../env.ts";
import { publishingCeilings } from "./published-ceilings.ts";

const holder = "hz-fsn-rtz-prod";

type Change = { readonly op?: LeaseRequest["op"]; readonly note?: JsonObject };

/** Asks once, through a witness that answers so; `next` is what the service would publish. */
async function asked(
  next: number | null,
  { op = "renew", note = {} }: Change,
  answer: (record: LeaseReply["record"]) => LeaseReply = (record) => ({
    ok: true,
    repeated: false,
    record,
  }),
  signal?: Signal,
) {
  const allowed: (readonly [position: number, epoch: number])[] = [];
  const sent: JsonObject[] = [];
  const witness = publishingCeilings(
    {
      id: "test",
      read: () => Promise.resolve(emptyLease("s")),
      ask(_, request) {
        sent.push(request.note);
        return Promise.resolve(
          answer({ ...emptyLease("s"), holder, epoch: 7, note: request.note }),
        );
      },
    },
    [
      { name: "db", ceiling: { next: () => next, allow: (...said) => allowed.push(said) } },
      { name: "cache" },
    ],
  );
  const said = { sync: "degraded", positions: { db: 100, cache: 7 }, ...note };
  const common = { holder, instance: "i", reqId: "r", ifRev: 1, note: said };
  const request: LeaseRequest =
    op === "acquire"
      ? { ...common, op, ttlMs: 15_000, epochFloor: 0 }
      : op === "renew"
        ? { ...common, op, ttlMs: 15_000, epoch: 1 }
        : { ...common, op, epoch: 1 };
  await witness.ask("s", request, signal);
  return { allowed, sent: sent[0] };
}

test("a witness that refuses, or answers when nobody waits any more, allows nothing", async () => {
  const refused = await asked(500, {}, (record) => ({ ok: false, code: "lost", record }));
  expect(refused.allowed).toEqual([]);
  const late = makeAbort();
  late.abort();
  expect((await asked(500, {}, undefined, late.signal)).allowed).toEqual([]);
  const other = await asked(500, {}, (record) => ({
    ok: true,
    repeated: true,
    record: { ...record, holder: "hz-hel-rtz-prod" },
  }));
  expect(other.allowed).toEqual([]);
});

test.each(["acquire", "renew"] as const)(
  "%s of a region whose commits do not wait publishes the ceiling, says so, and allows it",
  async (op) => {
    const { allowed, sent } = await asked(500, { op });
    expect(sent).toEqual({
      sync: "degraded",
      positions: { db: 500, cache: 7 },
      ceilings: ["db"],
    });
    expect(allowed).toEqual([[500, 7]]);
  },
);

test("what the witness shows is allowed, and not what was sent", async () => {
  const { allowed } = await asked(500, {}, (record) => ({
    ok: true,
    repeated: true,
    record: { ...record, note: { positions: { db: 300 } } },
  }));
  expect(allowed).toEqual([[300, 7]]);
});

test.each([
  ["of commits that wait", { note: { sync: "in_sync" } }],
  ["that gives the lease back", { op: "release" as const }],
])("a request %s keeps the true positions", async (_, change) => {
  const { allowed, sent } = await asked(500, change);
  expect(sent?.["positions"]).toEqual({ db: 100, cache: 7 });
  expect(sent?.["ceilings"]).toBeUndefined();
  expect(allowed).toEqual([]);
});

test("a ceiling that is not known is not published, and nothing is called one", async () => {
  const { allowed, sent } = await asked(null, {});
  expect(sent?.["ceilings"]).toBeUndefined();
  expect(allowed).toEqual([]);
});
