import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { historyPath, isSlotName, leasePath, parseWitnessPath } from "./protocol.ts";
import { coversSlot, parseCredential, parseCredentials } from "./protocol-credentials.ts";
import {
  answerBody,
  parseAnswer,
  parseHistory,
  parseProblem,
  parseView,
  viewBody,
} from "./protocol-reply.ts";
import { parseRequest, requestBody } from "./protocol-request.ts";
import { authorizationHeader, parseAuthorization, signedText } from "./protocol-signature.ts";
import { emptyLease } from "./record.ts";
import type { LeaseRequest } from "./request.ts";

const name = fc.string({
  unit: fc.constantFrom(..."abzAZ09-_./:%~!()*'é ".split("")),
  maxLength: 30,
});
const visible = fc
  .string({
    unit: fc.integer({ min: 0x21, max: 0x7e }).map((code) => String.fromCharCode(code)),
    minLength: 1,
    maxLength: 200,
  })
  .filter((text) => text !== "." && text !== "..");

describe("paths", () => {
  test.each([
    ["/healthz", { kind: "health" }],
    ["/v2/leases/acme-prod", { kind: "lease", version: "v2", slot: "acme-prod" }],
    ["/v1/leases/acme-prod", { kind: "lease", version: "v1", slot: "acme-prod" }],
    ["/v2/leases/a%2Fb", { kind: "lease", version: "v2", slot: "a/b" }],
    ["/v2/leases/a/history", { kind: "history", slot: "a" }],
    ["/v1/leases/a/history", { kind: "nothing" }],
    ["/v9/leases/a", { kind: "version", version: "v9" }],
    ["/v2/leases/", { kind: "nothing" }],
    ["/v2/leases/%zz", { kind: "nothing" }],
    ["/v2/leases/%0A", { kind: "nothing" }],
    ["/v2/leases/a/b", { kind: "nothing" }],
    [`/v2/leases/${"a".repeat(201)}`, { kind: "nothing" }],
    ["/", { kind: "nothing" }],
  ])("%s", (path, route) => {
    expect(parseWitnessPath(path)).toEqual(route);
  });

  test("every name that a slot can have is found again in its path, as HTTP libraries send it", () => {
    fc.assert(
      fc.property(visible, (slot) => {
        expect(isSlotName(slot)).toBe(true);
        const { pathname } = new URL(leasePath(slot), "http://w");
        expect(pathname).toBe(leasePath(slot));
        expect(parseWitnessPath(pathname)).toEqual({ kind: "lease", version: "v2", slot });
        expect(parseWitnessPath(historyPath(slot))).toEqual({ kind: "history", slot });
      }),
    );
  });

  test("any path at all is understood or is nothing", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), name), (path) => {
        const { kind } = parseWitnessPath(`/v2/leases/${path}`);
        expect(["lease", "history", "nothing"]).toContain(kind);
      }),
    );
  });
});

const common = {
  holder: "hz-fsn-rtz-prod",
  instance: "p1",
  reqId: "r1",
  ifRev: 3,
  note: { a: [1] },
};
const requests: readonly LeaseRequest[] = [
  { op: "acquire", ...common, ttlMs: 30_000, epochFloor: 0 },
  { op: "renew", ...common, ttlMs: 5_000, epoch: 2 },
  { op: "release", ...common, epoch: 2 },
];

describe("requests", () => {
  test.each(requests)("$op is read as it was written", (request) => {
    expect(parseRequest("s", requestBody(request))).toEqual({ ok: true, request });
  });

  test.each([
    ["nothing", "", "The body is not JSON."],
    ["a list", "[]", "The body is not as version 2 has it."],
    ["an unknown operation", '{"op":"steal"}', "The field op is not as version 2 has it."],
    ["a field too many", JSON.stringify({ ...requests[2], force: true }), "The body is not"],
    ["a field of another operation", JSON.stringify({ ...requests[2], ttlMs: 5_000 }), "The body"],
    ["a note that is a list", JSON.stringify({ ...requests[2], note: [] }), "The field note"],
    ["text for a number", JSON.stringify({ ...requests[2], epoch: "2" }), "The field epoch"],
    ["half a revision", JSON.stringify({ ...requests[2], ifRev: 0.5 }), "ifRev is not"],
    ["a lease too short", JSON.stringify({ ...requests[1], ttlMs: 4_999 }), "ttlMs is not"],
    [
      "a floor that would use all epochs up",
      JSON.stringify({ ...requests[0], epochFloor: Number.MAX_SAFE_INTEGER - 1 }),
      "The field epochFloor",
    ],
    [
      "a note too long",
      JSON.stringify({ ...requests[2], note: { x: "é".repeat(4_096) } }),
      "note is",
    ],
  ])("%s is refused, and the words quote nothing of it", (_, body, because) => {
    const parsed = parseRequest("s", body);
    expect(parsed.ok ? "" : parsed.because).toContain(because);
  });

  test("any JSON at all is a request within bounds or is refused", () => {
    const field = fc.oneof(fc.jsonValue(), fc.integer(), fc.constantFrom("acquire", "renew", "p1"));
    const near = fc.record(
      {
        op: fc.constantFrom("acquire", "renew", "release"),
        holder: field,
        instance: field,
        reqId: field,
        ifRev: field,
        note: field,
        ttlMs: field,
        epoch: field,
        epochFloor: field,
      },
      { requiredKeys: ["op"] },
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.json(),
          fc.string(),
          near.map((value) => JSON.stringify(value)),
        ),
        (body) => {
          const parsed = parseRequest("s", body);
          if (parsed.ok) expect(parsed.request.ifRev).toBeGreaterThanOrEqual(0);
          else expect(parsed.because).toMatch(/\.$/);
        },
      ),
    );
  });
});

describe("replies", () => {
  const record = { ...emptyLease("s"), note: { deep: [{ a: null }] } };
  const view = { record, expiresInMs: 5, settlesInMs: 0 };

  test("a view is read as it was written", () => {
    expect(parseView(JSON.stringify(viewBody(view, 7)))).toEqual({ ...view, serverNowMs: 7 });
  });

  test.each([
    [200, { ok: true, record, repeated: true }],
    [409, { ok: false, record, code: "stale" }],
  ] as const)("an answer with %d is read as it was written", (status, reply) => {
    const text = JSON.stringify(answerBody({ ...view, reply }, 7));
    expect(parseAnswer(status, text)).toMatchObject({ reply, serverNowMs: 7 });
  });

  test.each([
    ["a revision below nothing", { ...viewBody(view, 7), record: { ...record, rev: -1 } }],
    ["half an epoch", { ...viewBody(view, 7), record: { ...record, epoch: 0.5 } }],
    [
      "a number too large to count with",
      { ...viewBody(view, 7), record: { ...record, rev: 2 ** 60 } },
    ],
    ["no slot", { ...viewBody(view, 7), record: { ...record, slot: undefined } }],
    ["no time", { ...viewBody(view, 7), serverNowMs: null }],
    ["no record", { serverNowMs: 7 }],
  ])("%s is no view", (_, body) => {
    expect(parseView(JSON.stringify(body))).toBeUndefined();
  });

  test("any text at all is an answer or undefined", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        for (const parse of [parseView, parseHistory, parseProblem]) parse(text);
        parseAnswer(200, text);
        parseAnswer(409, text);
      }),
    );
  });
});

describe("signatures", () => {
  const header = { keyId: "k-1", atMs: 1_795_000_000_000, signature: "0a".repeat(32) };

  test("a header is read as it was written", () => {
    expect(parseAuthorization(authorizationHeader(header))).toEqual(header);
  });

  test.each([
    null,
    "",
    "Bearer x",
    authorizationHeader({ ...header, keyId: "a b" }),
    authorizationHeader({ ...header, atMs: -1 }),
    authorizationHeader({ ...header, signature: "0a" }),
    authorizationHeader({ ...header, signature: "0A".repeat(32) }),
    `${authorizationHeader(header)}, x=1`,
  ])("%j is none", (text) => {
    expect(parseAuthorization(text)).toBeUndefined();
  });

  test("two different questions never have one text", () => {
    const parts = fc.record({
      method: fc.constantFrom("GET", "POST"),
      path: name.map((text) => leasePath(text)),
      atMs: fc.nat(),
      body: fc.string(),
    });
    fc.assert(
      fc.property(parts, parts, (one, other) => {
        const isSame = JSON.stringify(one) === JSON.stringify(other);
        expect(signedText(one) === signedText(other)).toBe(isSame);
      }),
    );
  });
});

describe("credentials", () => {
  const secret = "A".repeat(43);
  const fsn = { id: "fsn-1", holder: "hz-fsn-rtz-prod", slots: ["acme-"], secret };
  const list = (...credentials: readonly object[]): string => JSON.stringify({ credentials });

  test("two of one holder may be live", () => {
    expect(parseCredentials(list(fsn, { ...fsn, id: "fsn-2" }))).toMatchObject({ ok: true });
    expect(parseCredential(JSON.stringify(fsn))).toEqual(fsn);
  });

  test.each([
    ["no JSON", "{", "are not JSON"],
    ["another shape", "[]", "at the top"],
    ["a short secret", list({ ...fsn, secret: "abc" }), "credentials.0.secret"],
    ["a holder that is none", list({ ...fsn, holder: "a/b" }), "credentials.0.holder"],
    ["an id that no header carries", list({ ...fsn, id: "a,b" }), "credentials.0.id"],
    ["one id twice", list(fsn, { ...fsn, holder: "x" }), "fsn-1 is there twice"],
    [
      "three of one holder",
      list(fsn, { ...fsn, id: "b" }, { ...fsn, id: "c" }),
      "more than 2 live",
    ],
  ])("%s is refused, and the secret is not quoted", (_, text, because) => {
    const parsed = parseCredentials(text);
    expect(parsed.ok ? "" : parsed.because).toContain(because);
    expect(JSON.stringify(parsed)).not.toContain("AAAA");
  });

  test.each([
    ["acme-prod", true],
    ["acme", false],
    ["other-prod", false],
    ["scratch/hz-fsn-rtz-prod/verify", true],
    ["scratch/hz-hel-rtz-prod/verify", false],
    ["scratch/hz-fsn-rtz-prod2/verify", false],
  ])("its slots begin as it says, and its own scratch slots: %s %s", (slot, covered) => {
    expect(coversSlot(fsn, slot)).toBe(covered);
  });

  test("any text at all is a list or is refused with a sentence", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        const parsed = parseCredentials(text);
        expect(parsed.ok || parsed.because.endsWith(".")).toBe(true);
        parseCredential(text);
      }),
    );
  });
});
