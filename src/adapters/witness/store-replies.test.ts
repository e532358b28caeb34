/** Replies of etcd and PostgreSQL of any other shape than theirs are refused with a Failure, and never believed. */
import { once } from "node:events";
import { createServer as createHttpServer, type Server } from "node:http";
import { createServer as createTcpServer, type Server as TcpServer } from "node:net";
import fc from "fast-check";
import { afterEach, describe, expect, test } from "vitest";
import { Failure } from "../../core/kernel/failure.ts";
import type { LeaseRecord } from "../../core/lease/record.ts";
import type { LeaseRequest } from "../../core/lease/request.ts";
import { etcdRegister } from "./etcd-register.ts";
import { parseEtcdError, parseRange, parseToken, parseTxn } from "./etcd-replies.ts";
import { postgresRegister } from "./postgres-register.ts";
import { parseCas, parseFacts, parseRead } from "./postgres-sql.ts";
import { registerWitness } from "./register-witness.ts";
import { readStoredRecord } from "./stored-record.ts";

const record: LeaseRecord = {
  slot: "s",
  epoch: 1,
  rev: 1,
  holder: "h0",
  instance: "p1",
  ttlMs: 5_000,
  expiresAtMs: 0,
  reqId: "q1",
  note: {},
};
const request: LeaseRequest = {
  op: "acquire",
  holder: "h0",
  instance: "p1",
  reqId: "q2",
  ifRev: 0,
  ttlMs: 5_000,
  epochFloor: 0,
  note: {},
};
const base64 = (text: string): string => Buffer.from(text).toString("base64");
const key = base64("sovereign/lease/s");
const header = {
  cluster_id: "14841639068965178418",
  member_id: "10276657743932975437",
  revision: "7",
};
const kv = { key, mod_revision: "5", value: base64(JSON.stringify(record)) };

/** A right reply with one thing in it exchanged for anything. */
function mutated(right: unknown): fc.Arbitrary<unknown> {
  const paths = (value: unknown, path: readonly string[]): readonly (readonly string[])[] =>
    typeof value === "object" && value !== null
      ? [path, ...Object.entries(value).flatMap(([name, inner]) => paths(inner, [...path, name]))]
      : [path];
  const put = (value: unknown, [first, ...rest]: readonly string[], what: unknown): unknown => {
    if (first === undefined) return what;
    if (Array.isArray(value))
      return value.map((each, at) => (String(at) === first ? put(each, rest, what) : each));
    return {
      ...(value as object),
      [first]: put((value as Record<string, unknown>)[first], rest, what),
    };
  };
  return fc
    .tuple(fc.constantFrom(...paths(right, [])), fc.oneof(fc.jsonValue(), fc.constant(undefined)))
    .map(([path, what]) => put(right, path, what));
}

/** Generated input takes its time on a busy machine. */
const patient = { timeout: 60_000 };

describe("a record", () => {
  test("as it was kept is read", () => {
    expect(readStoredRecord(JSON.parse(JSON.stringify(record)), "s", "store")).toEqual(record);
  });

  test.each([
    ["of another slot", { ...record, slot: "t" }],
    ["with an unknown field", { ...record, extra: 1 }],
    ["with half a holder", { ...record, instance: null }],
    ["without an epoch", { ...record, epoch: 0 }],
    ["with a broken epoch", { ...record, epoch: 1.5 }],
    ["with an epoch beyond counting", { ...record, epoch: 2 ** 60 }],
    ["with a revision as text", { ...record, rev: "1" }],
    ["with a note that is a list", { ...record, note: [] }],
    ["that is nothing", null],
  ])("%s is WitnessRefused", (_, json) => {
    expect(() => readStoredRecord(json, "s", "store")).toThrowError(Failure);
  });

  test("of any other shape is a record of that slot, or a Failure", patient, () => {
    fc.assert(
      fc.property(fc.oneof(fc.jsonValue(), mutated(record)), (json) => {
        try {
          const read = readStoredRecord(json, "s", "store");
          expect(read.slot).toBe("s");
          expect(Number.isSafeInteger(read.rev) && read.rev >= 1 && read.epoch >= 1).toBe(true);
        } catch (thrown) {
          expect(thrown).toMatchObject({ code: "WitnessRefused" });
        }
      }),
      { numRuns: 500 },
    );
  });
});

describe("etcd's replies", () => {
  test("as etcd 3.4 gives them are read", () => {
    expect(parseRange(JSON.stringify({ header, kvs: [kv], count: "1" }), key)).toMatchObject({
      found: { modRevision: "5" },
    });
    expect(parseRange(JSON.stringify({ header }), key)).toMatchObject({ found: undefined });
    const done = { header, succeeded: true, responses: [{ response_put: { header } }] };
    expect(parseTxn(JSON.stringify(done))?.succeeded).toBe(true);
    expect(parseTxn(JSON.stringify({ header }))?.succeeded).toBe(false);
  });

  test.each([
    ["a success that put nothing", { header, succeeded: true }],
    ["a put without success", { header, responses: [{ response_put: {} }] }],
    ["no header", { succeeded: true, responses: [{ response_put: {} }] }],
    ["a success in words", { header, succeeded: "true", responses: [{ response_put: {} }] }],
    ["nothing", {}],
  ])("a transaction's answer with %s is none", (_, json) => {
    expect(parseTxn(JSON.stringify(json))).toBeUndefined();
  });

  test.each([
    ["another key", { header, kvs: [{ ...kv, key: base64("sovereign/lease/t") }] }],
    ["two keys", { header, kvs: [kv, kv] }],
    ["a revision as a number", { header, kvs: [{ ...kv, mod_revision: 5 }] }],
    ["more to come", { header, kvs: [kv], more: true }],
  ])("a range's answer with %s is none", (_, json) => {
    expect(parseRange(JSON.stringify(json), key)).toBeUndefined();
  });

  test("any other text is read as nothing or as what it says, and throws nothing", patient, () => {
    const texts = fc.oneof(
      fc.string({ unit: "binary" }),
      fc.json(),
      mutated({ header, kvs: [kv] }).map((json) => `${JSON.stringify(json)}`),
      mutated({ header, succeeded: true, responses: [{ response_put: {} }] }).map(
        (json) => `${JSON.stringify(json)}`,
      ),
    );
    fc.assert(
      fc.property(texts, (text) => {
        parseToken(text);
        parseEtcdError(text);
        const txn = parseTxn(text);
        if (txn?.succeeded === true) expect(text).toContain("response_put");
        const range = parseRange(text, key);
        if (range?.found !== undefined) expect(range.found.modRevision).toMatch(/^[1-9]/);
      }),
      { numRuns: 600 },
    );
  });
});

describe("PostgreSQL's rows", () => {
  const read = [
    { recovering: false, now_ms: "1795281344914", rev: "1", record: JSON.stringify(record) },
  ];
  test("as the statements give them are read", () => {
    expect(parseRead(read, "pg")).toMatchObject({ nowMs: 1_795_281_344_914, found: { rev: 1 } });
    expect(parseCas([{ rev: "8" }], 7, "pg")).toBe(true);
    expect(parseCas([], 7, "pg")).toBe(false);
  });

  test("of a write that name another revision leave a doubt", () => {
    for (const rows of [
      [{ rev: "7" }],
      [{ rev: "8" }, { rev: "8" }],
      [{}],
      [{ rev: 8 }],
      undefined,
      null,
      "conflict",
    ]) {
      expect(() => parseCas(rows, 7, "pg")).toThrowError(
        expect.objectContaining({ code: "WitnessUnreachable" }),
      );
    }
  });

  test("of any other shape are a Failure, or what they say", patient, () => {
    fc.assert(
      fc.property(fc.oneof(fc.anything(), mutated(read)), (rows) => {
        for (const parse of [
          () => parseRead(rows, "pg"),
          () => parseFacts(rows, "pg"),
          () => parseCas(rows, 3, "pg"),
        ]) {
          try {
            parse();
          } catch (thrown) {
            expect(thrown).toBeInstanceOf(Failure);
          }
        }
      }),
      { numRuns: 500 },
    );
  });
});

describe("a server that says anything at all", () => {
  const servers: (Server | TcpServer)[] = [];
  afterEach(async () => {
    for (const server of servers.splice(0)) {
      if ("closeAllConnections" in server) server.closeAllConnections();
      const closed = once(server, "close");
      server.close();
      await closed;
    }
  });
  const listen = async (server: Server | TcpServer): Promise<number> => {
    servers.push(server);
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const address = server.address();
    return typeof address === "object" && address !== null ? address.port : 0;
  };
  const codesOf = async (work: Promise<unknown>): Promise<string> =>
    work.then(
      () => "believed",
      (thrown: unknown) => (thrown instanceof Failure ? thrown.code : String(thrown)),
    );

  test("is never believed to be etcd", patient, async () => {
    let next = { status: 200, text: "" };
    const server = createHttpServer((asked, answer) => {
      asked.resume();
      answer.writeHead(next.status);
      answer.end(next.text);
    });
    const endpoints = [`http://127.0.0.1:${await listen(server)}`];
    const register = etcdRegister({ endpoints, timeoutMs: 5_000 });
    const witness = registerWitness(register);
    const texts = fc.oneof(
      fc.string({ unit: "binary" }),
      fc.json(),
      mutated({ header, kvs: [kv] }).map((json) => `${JSON.stringify(json)}`),
    );
    const allowed = ["WitnessRefused", "WitnessUnreachable", "WitnessUnauthorized"];
    try {
      await fc.assert(
        fc.asyncProperty(
          fc.constantFrom(200, 204, 302, 400, 401, 404, 500, 503),
          texts,
          async (status, text) => {
            next = { status, text };
            const writing = register.cas("s", 0, record);
            const written = await writing.catch(() => false);
            expect(written, "a write that was not done").toBe(false);
            expect(["believed", ...allowed]).toContain(await codesOf(writing));
            // Only a right reply about a right record is believed.
            const read = await codesOf(witness.read("t"));
            if (read === "believed")
              expect(parseRange(text, base64("sovereign/lease/t"))).toMatchObject({
                found: undefined,
              });
            else expect(allowed).toContain(read);
          },
        ),
        { numRuns: 150 },
      );
      next = { status: 200, text: JSON.stringify({ header, padding: "x".repeat(300_000) }) };
      expect(await codesOf(witness.read("s"))).toBe("WitnessUnreachable");
    } finally {
      register.close();
    }
  });

  test("is never believed to be PostgreSQL, and does not hold anybody up", patient, async () => {
    let bytes = new Uint8Array();
    const server = createTcpServer((socket) => {
      socket.on("error", () => undefined);
      socket.on("data", () => socket.end(bytes));
    });
    const port = await listen(server);
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ minLength: 1, maxLength: 200 }),
        fc.constantFrom(..."RSEZKN"),
        async (random, letter) => {
          bytes = Uint8Array.from([letter.charCodeAt(0), ...random]);
          const register = postgresRegister({
            host: "127.0.0.1",
            port,
            database: "d",
            user: "u",
            readPassword: () => Promise.resolve("password"),
            tls: "off",
            timeoutMs: 400,
            protectedSystems: [],
          });
          const code = await codesOf(registerWitness(register).ask("s", request));
          expect(["WitnessUnreachable", "WitnessRefused", "WitnessUnauthorized"]).toContain(code);
          await register.close();
        },
      ),
      { numRuns: 25 },
    );
  });
});
