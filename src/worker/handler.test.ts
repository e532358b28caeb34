import { createHmac } from "node:crypto";
import { expect, test } from "vitest";
import type { LeaseGrant } from "../core/lease/protocol.ts";
import { leasePath } from "../core/lease/protocol.ts";
import type { WitnessCredential } from "../core/lease/protocol-credentials.ts";
import { authorizationHeader, signedText } from "../core/lease/protocol-signature.ts";
import { emptyLease, type LeaseRecord } from "../core/lease/record.ts";
import type { LeaseRequest } from "../core/lease/request.ts";
import { type HandlerFacts, makeHandler } from "./handler.ts";
import { askSlot, readSlot, type SlotStore } from "./slots.ts";

const nowMs = 1_795_000_000_000;
const slot = "acme-prod";
const secret = Buffer.alloc(32, 7).toString("base64");
const fsn: WitnessCredential = { id: "fsn-1", holder: "hz-fsn-rtz-prod", slots: ["acme-"], secret };
const fsnNew = { ...fsn, id: "fsn-2", secret: Buffer.alloc(32, 8).toString("base64") };
const reader: WitnessCredential = { id: "reader", holder: null, slots: [""], secret };

const acquire: LeaseRequest = {
  op: "acquire",
  holder: "hz-fsn-rtz-prod",
  instance: "p1",
  reqId: "r1",
  ifRev: 0,
  ttlMs: 30_000,
  epochFloor: 0,
  note: {},
};

/** A store in memory; `lost` swaps are taken for those of another process. */
function world(change: Partial<HandlerFacts> = {}, lost = 0) {
  const records = new Map<string, LeaseRecord>();
  const grants: LeaseGrant[] = [];
  const failures: unknown[] = [];
  let swaps = 0;
  const storeOf = (name: string): SlotStore => ({
    load: () => records.get(name) ?? emptyLease(name),
    swap(record, grant) {
      swaps += 1;
      if (swaps <= lost) return false;
      records.set(name, record);
      if (grant !== undefined) grants.unshift(grant);
      return true;
    },
  });
  const clock = { leaseMs: nowMs, wallMs: nowMs, settledAtMs: 0 };
  const handler = makeHandler({
    slots: {
      read: async (name) => readSlot(storeOf(name), clock),
      ask: async (name, request) => askSlot(storeOf(name), request, clock),
      history: async () => grants,
    },
    credentials: [fsn, fsnNew, reader],
    wallMs: () => nowMs,
    health: undefined,
    onFailure: (thrown) => failures.push(thrown),
    ...change,
  });
  return { handler, failures, grants, swaps: () => swaps };
}

type Sent = {
  readonly method?: string;
  readonly path?: string;
  readonly body?: string;
  readonly as?: WitnessCredential;
  readonly atMs?: number;
  /** What is signed instead of what is sent. */
  readonly signed?: { readonly path?: string; readonly body?: string; readonly method?: string };
};

function request(sent: Sent): Request {
  const { method = "GET", path = leasePath(slot), body = "", as = fsn, atMs = nowMs } = sent;
  const text = signedText({ method, path, atMs, body, ...sent.signed });
  const signature = createHmac("sha256", Buffer.from(as.secret, "base64"))
    .update(text)
    .digest("hex");
  const headers = { authorization: authorizationHeader({ keyId: as.id, atMs, signature }) };
  return new Request(`http://witness${path}`, {
    method,
    headers,
    ...(body === "" ? {} : { body }),
  });
}

const post = (change: object = {}): Sent => ({
  method: "POST",
  body: JSON.stringify({ ...acquire, ...change }),
});

test.each<[string, Sent, number, string]>([
  ["an unknown credential", { as: { ...fsn, id: "x" } }, 401, "CredentialRefused"],
  ["another's secret", { as: { ...fsn, secret: fsnNew.secret } }, 401, "CredentialRefused"],
  ["a signature over another path", { signed: { path: "/v2/leases/x" } }, 401, "CredentialRefused"],
  ["a signature over another method", { signed: { method: "POST" } }, 401, "CredentialRefused"],
  [
    "a signature over another body",
    { ...post(), signed: { body: "{}" } },
    401,
    "CredentialRefused",
  ],
  ["a time too old", { atMs: nowMs - 30_001 }, 401, "ClockOutside"],
  ["a time yet to come", { atMs: nowMs + 30_001 }, 401, "ClockOutside"],
  ["a slot that the credential does not cover", { path: "/v2/leases/x" }, 403, "NotPermitted"],
  ["another holder's name", post({ holder: "hz-hel-rtz-prod" }), 403, "NotPermitted"],
  ["a write by one who may only read", { ...post(), as: reader }, 403, "NotPermitted"],
  ["a body that is no request", { method: "POST", body: "{" }, 400, "RequestInvalid"],
  ["a lease too long", post({ ttlMs: 300_001 }), 400, "RequestInvalid"],
  ["a body too long", { method: "POST", body: "x".repeat(12_289) }, 413, "BodyTooLarge"],
  ["another method", { method: "PUT", body: "{}" }, 405, "MethodNotAllowed"],
  [
    "a write to a history",
    { ...post(), path: `${leasePath(slot)}/history` },
    405,
    "MethodNotAllowed",
  ],
  ["a newer version", { path: "/v9/leases/acme-prod" }, 400, "VersionUnsupported"],
  ["a write of version 1", { ...post(), path: "/v1/leases/acme-prod" }, 400, "VersionUnsupported"],
  ["a query", { path: "/v2/leases/acme-prod?x=1" }, 404, "NotFound"],
  ["health where it is not open", { path: "/healthz" }, 404, "NotFound"],
])(
  "%s is refused, as a problem with a code, and nothing is done",
  async (_, sent, status, code) => {
    const { handler, swaps } = world();
    const response = await handler(request(sent));
    expect([response.status, response.headers.get("content-type")]).toEqual([
      status,
      "application/problem+json",
    ]);
    expect(await response.json()).toMatchObject({
      code,
      status,
      detail: expect.stringMatching(/\.$/) as string,
    });
    expect(swaps()).toBe(0);
  },
);

test("without any signature nothing is read either", async () => {
  const response = await world().handler(new Request(`http://witness${leasePath(slot)}`));
  expect(response.status).toBe(401);
});

test("a peer of another version is told what is spoken here, a late one what time it is", async () => {
  const { handler } = world();
  const newer = await handler(request({ path: "/v9/leases/acme-prod" }));
  expect(await newer.json()).toMatchObject({ supported: { read: ["v1", "v2"], write: ["v2"] } });
  const late = await handler(request({ atMs: 0 }));
  expect(await late.json()).toMatchObject({ code: "ClockOutside", serverNowMs: nowMs });
});

test("both live credentials of a holder are taken", async () => {
  const { handler } = world();
  for (const as of [fsn, fsnNew, reader]) {
    expect((await handler(request({ as }))).status).toBe(200);
  }
});

test("a grant is answered, remembered, and read in both versions", async () => {
  const { handler, grants } = world();
  const response = await handler(request(post()));
  expect(response.status).toBe(200);
  expect(response.headers.get("cache-control")).toBe("no-store");
  expect(await response.json()).toMatchObject({
    repeated: false,
    expiresInMs: 30_000,
    serverNowMs: nowMs,
    record: { slot, epoch: 1, rev: 1, holder: "hz-fsn-rtz-prod" },
  });
  expect(grants).toMatchObject([{ epoch: 1, holder: "hz-fsn-rtz-prod", atMs: nowMs }]);
  const v1 = await handler(request({ path: "/v1/leases/acme-prod" }));
  expect(await v1.json()).toEqual({
    epoch: 1,
    rev: 1,
    holder: "hz-fsn-rtz-prod",
    expiresInMs: 30_000,
    serverNow: nowMs,
  });
  const history = await handler(request({ path: `${leasePath(slot)}/history` }));
  expect(await history.json()).toMatchObject({ grants: [{ epoch: 1, instance: "p1" }] });
});

test("a request that is captured and sent again is answered and not done again", async () => {
  const { handler, swaps } = world();
  const first = await (await handler(request(post()))).json();
  const again = await (await handler(request(post()))).json();
  expect(again).toMatchObject({ repeated: true, record: { rev: 1, epoch: 1 } });
  expect(first).toMatchObject({ repeated: false });
  expect(swaps()).toBe(1);
});

test("a refusal carries the record and its code", async () => {
  const { handler } = world();
  await handler(request(post()));
  const response = await handler(request(post({ reqId: "r2", instance: "p2", ifRev: 1 })));
  expect(response.status).toBe(409);
  expect(await response.json()).toMatchObject({ code: "held", record: { instance: "p1" } });
});

test("a write that another process overtook is stale, whatever was decided", async () => {
  const { handler } = world({}, 1);
  const response = await handler(request(post()));
  expect(response.status).toBe(409);
  expect(await response.json()).toMatchObject({ code: "stale", record: { rev: 0 } });
});

test("a store that fails is 503 with nothing of the failure in it, and the host is told", async () => {
  const broken = new Error("SQLITE_BUSY in /secret/place");
  const fail = (): never => {
    throw broken;
  };
  const slots = { read: fail, ask: fail, history: fail };
  const { handler, failures } = world({ slots, health: "word" });
  for (const sent of [{}, post(), { path: "/healthz" }]) {
    const response = await handler(request(sent));
    expect(response.status).toBe(503);
    expect(await response.text()).not.toContain("secret");
  }
  expect(failures).toEqual([broken, broken, broken]);
});

test("health, where it is open, reads the store and says the word", async () => {
  const response = await world({ health: "word" }).handler(new Request("http://witness/healthz"));
  expect(await response.json()).toMatchObject({ ok: true, health: "word" });
});
