import { createHmac } from "node:crypto";
import fc from "fast-check";
import { expect, test } from "vitest";
import { makeHttpApp } from "./http-app.ts";
import { claimedSignature, isSigned } from "./push-signature.ts";
import type { Push } from "./webhook.ts";

const secret = "hook-s3cret";
const pushes: Push[] = [];
const app = makeHttpApp({
  status: () => ({}),
  metrics: { render: async () => "", contentType: "text/plain" },
  webhook: {
    readSecret: async () => secret,
    branch: "main",
    onPush: async (push) => void pushes.push(push),
  },
  onFailure: () => {},
});

const signed = (body: string | Uint8Array, key = secret): string =>
  createHmac("sha256", key).update(body).digest("hex");
const body = JSON.stringify({ ref: "refs/heads/main", after: "a1b2" });

function post(text: BodyInit, headers: Record<string, string>): Promise<Response> {
  const request = { method: "POST", body: text, headers };
  return Promise.resolve(app.request("/v1/webhook/gitea", request));
}

test.each<[string, string, Record<string, string>, number, string]>([
  ["no signature", body, {}, 401, "SignatureInvalid"],
  ["an empty signature", body, { "x-gitea-signature": "" }, 401, "SignatureInvalid"],
  ["a signature that is no digest", body, { "x-gitea-signature": "yes" }, 401, "SignatureInvalid"],
  [
    "the signature of another secret",
    body,
    { "x-gitea-signature": signed(body, "other") },
    401,
    "SignatureInvalid",
  ],
  [
    "the signature of the same JSON written otherwise",
    `${body} `,
    { "x-gitea-signature": signed(body) },
    401,
    "SignatureInvalid",
  ],
  [
    "a wrong signature beside a right one in the other header",
    body,
    { "x-gitea-signature": signed("x"), "x-hub-signature-256": `sha256=${signed(body)}` },
    401,
    "SignatureInvalid",
  ],
  [
    "SHA-1, as GitHub's older header has it",
    body,
    { "x-hub-signature": `sha1=${"0".repeat(40)}` },
    401,
    "SignatureInvalid",
  ],
  [
    "a form instead of JSON",
    "payload=%7B%7D",
    { "x-gitea-signature": signed("payload=%7B%7D") },
    400,
    "UsageInvalid",
  ],
])(
  "%s is refused with a code, and nothing is woken",
  async (_what, text, headers, status, code) => {
    const before = pushes.length;
    const response = await post(text, headers);
    expect(response.status).toBe(status);
    expect(await response.json()).toMatchObject({
      error: { code, remedy: expect.stringMatching(/\.$/) },
    });
    expect(pushes).toHaveLength(before);
  },
);

test("a body above 1 MiB is refused, whether or not the header says how long it is", async () => {
  const large = new Uint8Array(1024 * 1024 + 1);
  const headers = { "x-gitea-signature": signed(large) };
  expect((await post(large, headers)).status).toBe(413);
  let sent = 0;
  const stream = new ReadableStream<Uint8Array>({
    pull(controller) {
      sent += 65_536;
      if (sent > 64 * 1024 * 1024) controller.close();
      else controller.enqueue(new Uint8Array(65_536));
    },
  });
  const request = { method: "POST", body: stream, headers, duplex: "half" } as const;
  expect((await app.request("/v1/webhook/gitea", request)).status).toBe(413);
  expect(sent).toBeLessThan(4 * 1024 * 1024);
});

test("without a configured secret there is no webhook", async () => {
  const bare = makeHttpApp({
    status: () => ({}),
    metrics: { render: async () => "", contentType: "text/plain" },
    onFailure: () => {},
  });
  const headers = { "x-gitea-signature": signed(body, "") };
  const response = await bare.request("/v1/webhook/gitea", { method: "POST", body, headers });
  expect(response.status).toBe(404);
});

test.each([
  ["Gitea's header", { "x-gitea-signature": signed(body) }],
  ["GitHub's header, which Gitea sends too", { "x-hub-signature-256": `sha256=${signed(body)}` }],
])("a push to the branch that is signed in %s wakes the source", async (_what, headers) => {
  const before = pushes.length;
  const response = await post(body, headers);
  expect(response.status).toBe(202);
  expect(await response.json()).toMatchObject({ read: true });
  expect(pushes.slice(before)).toMatchObject([{ branch: "main", commit: "a1b2" }]);
});

test.each([
  ["another branch", { ref: "refs/heads/trunk", after: "a" }],
  ["a tag of the branch's name", { ref: "refs/tags/main", after: "a" }],
  ["an event that is no push", { action: "opened" }],
  ["JSON that is no object", 7],
])("%s is understood and ignored", async (_what, value) => {
  const before = pushes.length;
  const text = JSON.stringify(value);
  const response = await post(text, { "x-gitea-signature": signed(text) });
  expect(response.status).toBe(202);
  expect(await response.json()).toMatchObject({ read: false });
  expect(pushes).toHaveLength(before);
});

test("a push that is sent again has the digest of the first, and another push has its own", async () => {
  const other = JSON.stringify({ ref: "refs/heads/main", after: "c3d4" });
  const before = pushes.length;
  for (const text of [body, body, other]) await post(text, { "x-gitea-signature": signed(text) });
  const [first, again, third] = pushes.slice(before);
  expect(again?.digest).toBe(first?.digest);
  expect(third?.digest).not.toBe(first?.digest);
});

test("exactly the digest of these bytes under this secret is a signature", () => {
  fc.assert(
    fc.property(fc.uint8Array(), fc.string(), fc.uint8Array(), (bytes, key, others) => {
      expect(isSigned(bytes, key, signed(bytes, key))).toBe(true);
      expect(isSigned(bytes, key, signed(bytes, key).toUpperCase())).toBe(true);
      const same = Buffer.compare(bytes, others) === 0;
      expect(isSigned(others, key, signed(bytes, key))).toBe(same);
    }),
  );
});

test("any header at all is either a digest or no signature", () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      const claimed = claimedSignature({ gitea: text, hub: undefined });
      expect(claimed === undefined || /^[0-9a-f]{64}$/i.test(claimed)).toBe(true);
    }),
  );
});
