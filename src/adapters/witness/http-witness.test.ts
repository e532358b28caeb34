import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { afterEach, expect, test } from "vitest";
import type { Clock } from "../../control/env.ts";
import { Failure } from "../../core/kernel/failure.ts";
import { parseAuthorization } from "../../core/lease/protocol-signature.ts";
import { emptyLease, type LeaseRecord } from "../../core/lease/record.ts";
import type { LeaseRequest } from "../../core/lease/request.ts";
import { withoutSecrets } from "../secrets.ts";
import { type HttpWitness, httpWitness } from "./http-witness.ts";

const secret = Buffer.alloc(32, 5).toString("base64");
const credential = { id: "fsn-1", holder: "hz-fsn-rtz-prod", slots: [""], secret };
const request: LeaseRequest = {
  op: "renew",
  holder: "hz-fsn-rtz-prod",
  instance: "p1",
  reqId: "r9",
  ifRev: 8,
  epoch: 3,
  ttlMs: 30_000,
  note: {},
};
const record: LeaseRecord = {
  ...emptyLease("s"),
  epoch: 3,
  rev: 9,
  holder: "hz-fsn-rtz-prod",
  instance: "p1",
  ttlMs: 30_000,
  expiresAtMs: 1,
  reqId: "r9",
};

type Answer =
  | { readonly status: number; readonly text: string }
  | ((response: ServerResponse) => void);

const open: { server: Server; witness: HttpWitness }[] = [];
afterEach(async () => {
  for (const { server, witness } of open.splice(0)) {
    witness.close();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});

/** A client of a server that gives these answers in turn, the last one for ever. */
async function clientOf(answers: readonly Answer[], clock = clockAt(1_795_000_000_000)) {
  const asked: IncomingMessage[] = [];
  const server = createServer((incoming, response) => {
    const answer = answers[Math.min(asked.length, answers.length - 1)];
    asked.push(incoming);
    incoming.resume().once("end", () => {
      if (typeof answer === "function") answer(response);
      else response.writeHead(answer?.status ?? 500).end(answer?.text);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const bound = server.address();
  const port = typeof bound === "object" && bound !== null ? bound.port : 0;
  const url = `http://127.0.0.1:${port}`;
  const readCredential = () => Promise.resolve(credential);
  const witness = httpWitness({ url, readCredential, timeoutMs: 2_000, clock });
  open.push({ server, witness });
  return { witness, asked, server };
}

function clockAt(nowMs: number): Clock {
  return {
    nowMs: () => nowMs,
    monotonicMs: () => performance.now(),
    sleep: () => Promise.resolve(),
  };
}

const view = (change: object = {}, more: object = {}): Answer => ({
  status: 200,
  text: JSON.stringify({
    record: { ...record, ...change },
    expiresInMs: 1,
    settlesInMs: 0,
    serverNowMs: 1_795_000_000_000,
    ...more,
  }),
});
const done = (change: object = {}): Answer => view(change, { repeated: false });
const problem = (status: number, code: string, more: object = {}): Answer => ({
  status,
  text: JSON.stringify({ code, detail: "Words of the witness.", ...more }),
});

async function failureOf(work: Promise<unknown>): Promise<Failure> {
  const thrown: unknown = await work.then(
    () => undefined,
    (failure: unknown) => failure,
  );
  expect(thrown).toBeInstanceOf(Failure);
  return Failure.from(thrown, "");
}

test.each<[string, Answer, string, RegExp]>([
  ["no JSON", { status: 200, text: "<html>" }, "WitnessUnreachable", /something that no witness/],
  ["another shape", { status: 200, text: "{}" }, "WitnessUnreachable", /something that no witness/],
  ["another slot", done({ slot: "t" }), "WitnessUnreachable", /another slot/],
  ["another request", done({ reqId: "r1" }), "WitnessUnreachable", /another request/],
  ["another holder", done({ holder: "hz-hel-rtz-prod" }), "WitnessUnreachable", /another holder/],
  ["another epoch", done({ epoch: 4 }), "WitnessUnreachable", /epoch is another/],
  ["a revision too far", done({ rev: 10 }), "WitnessUnreachable", /not the next one/],
  ["a redirect", { status: 302, text: "" }, "WitnessUnreachable", /HTTP 302/],
  ["a proxy's refusal", { status: 403, text: "<html>" }, "WitnessUnreachable", /HTTP 403/],
  ["its own failure", problem(503, "StoreUnavailable"), "WitnessUnreachable", /Words of the/],
  ["a quota that is used up", { status: 429, text: "" }, "WitnessUnreachable", /no more requests/],
  [
    "an answer too long",
    { status: 200, text: "x".repeat(300_000) },
    "WitnessUnreachable",
    /larger/,
  ],
  ["no answer", (response) => response.destroy(), "WitnessUnreachable", /can not be reached/],
  ["silence", () => undefined, "WitnessUnreachable", /did not answer within [0-9]+ ms/],
  ["an unknown credential", problem(401, "CredentialRefused"), "WitnessUnauthorized", /Words of/],
  ["a wrong name", problem(403, "NotPermitted"), "WitnessUnauthorized", /Words of the witness/],
  ["a request it does not take", problem(400, "RequestInvalid"), "WitnessRefused", /Words of/],
  ["an older protocol", problem(400, "VersionUnsupported"), "WitnessRefused", /Words of/],
])(
  "%s for an answer is a failure that says so, without the secret",
  async (_, answer, code, words) => {
    const { witness } = await clientOf([answer]);
    const failure = await failureOf(witness.ask("s", request));
    expect([failure.code, failure.message]).toEqual([code, expect.stringMatching(words)]);
    expect(JSON.stringify(failure.toJson())).not.toContain(secret);
  },
);

test("nobody at the address is a failure that says so", async () => {
  const { witness, server } = await clientOf([view()]);
  await new Promise((resolve) => server.close(resolve));
  expect(await failureOf(witness.read("s"))).toMatchObject({
    code: "WitnessUnreachable",
    message: expect.stringContaining("ECONNREFUSED") as string,
  });
});

test.each([
  ["a revision that goes back", view({ rev: 7 }), /revision 7 after 9/],
  ["an epoch that goes back", view({ rev: 12, epoch: 2 }), /epoch 2 after 3/],
  ["another record of the same revision", view({ reqId: "x" }), /two records with revision 9/],
])("%s is not believed: that is not the witness's store", async (_, answer, words) => {
  const { witness } = await clientOf([view(), answer]);
  await witness.read("s");
  const failure = await failureOf(witness.read("s"));
  expect([failure.code, failure.message]).toEqual([
    "WitnessUnreachable",
    expect.stringMatching(words),
  ]);
});

test("an answer that was overtaken by a newer one is believed", async () => {
  let answerFirst: () => void = () => undefined;
  const slow = new Promise<void>((resolve) => {
    answerFirst = resolve;
  });
  const late: Answer = (response) => {
    const older = view({ rev: 8 });
    void slow.then(() => response.end(typeof older === "function" ? "" : older.text));
  };
  const { witness, asked } = await clientOf([late, view()]);
  const first = witness.read("s");
  while (asked.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  expect((await witness.read("s")).rev).toBe(9);
  answerFirst();
  expect((await first).rev).toBe(8);
});

test("a refusal and a repetition are answers", async () => {
  const refused = view({}, { code: "lost" });
  const { witness } = await clientOf([
    { status: 409, text: typeof refused === "function" ? "" : refused.text },
    view({}, { repeated: true }),
  ]);
  expect(await witness.ask("s", request)).toEqual({ ok: false, code: "lost", record });
  expect(await witness.ask("s", request)).toEqual({ ok: true, repeated: true, record });
});

test("a wrong clock of ours is put right by the first answer, and the question sent once more", async () => {
  const outside = problem(401, "ClockOutside", { serverNowMs: 1_795_000_000_000 });
  const { witness, asked } = await clientOf([outside, view()], clockAt(0));
  await witness.read("s");
  await witness.read("s");
  const times = asked.map(({ headers }) => parseAuthorization(headers.authorization ?? null)?.atMs);
  expect(times[0]).toBe(0);
  for (const time of times.slice(1)) {
    expect(Math.abs((time ?? 0) - 1_795_000_000_000)).toBeLessThan(10_000);
  }
  expect(asked).toHaveLength(3);
});

test("a witness that never agrees on the time is asked twice, and not for ever", async () => {
  const { witness, asked } = await clientOf([problem(401, "ClockOutside", { serverNowMs: 5 })]);
  expect((await failureOf(witness.read("s"))).code).toBe("WitnessUnauthorized");
  expect(asked).toHaveLength(2);
});

test("a kept connection that the witness closed is opened again without anybody noticing", async () => {
  const { witness, asked, server } = await clientOf([view()]);
  await witness.read("s");
  server.closeAllConnections();
  expect((await witness.read("s")).rev).toBe(9);
  expect(asked).toHaveLength(2);
});

test("a caller that gives up is told Cancelled", async () => {
  const { witness, asked } = await clientOf([() => undefined]);
  const abort = new AbortController();
  const waiting = failureOf(witness.read("s", abort.signal));
  while (asked.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  abort.abort();
  expect((await waiting).code).toBe("Cancelled");
});

test.each([
  ["s", { ...request, ttlMs: 1 }],
  ["a b", request],
  ["..", request],
])("a request out of bounds is not sent: %s", async (slot, outside) => {
  const { witness, asked } = await clientOf([view()]);
  expect((await failureOf(witness.ask(slot, outside))).code).toBe("WitnessRefused");
  expect(asked).toHaveLength(0);
});

test.each(["http://witness.example.org", "ftp://127.0.0.1", "https://w.example.org/path", "x"])(
  "%s is no address of a witness: others could answer in its name",
  (url) => {
    const options = {
      url,
      readCredential: () => Promise.resolve(credential),
      timeoutMs: 1,
      clock: clockAt(0),
    };
    expect(() => httpWitness(options)).toThrow(/https:\/\//);
  },
);

test("once it was used, the secret is taken out of whatever this process prints", async () => {
  const { witness } = await clientOf([view()]);
  await witness.read("s");
  expect(withoutSecrets(`key ${secret}`)).toBe("key [redacted]");
});
