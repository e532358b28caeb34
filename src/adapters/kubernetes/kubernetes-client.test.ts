import { execFileSync } from "node:child_process";
import { constants } from "node:fs";
import { open, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import {
  answer,
  hurriedClock,
  no,
  reset,
  type Say,
  scriptedAccess,
  scriptedClient,
  scriptedServer,
  scriptedToken,
  silence,
} from "../../../test/contract/kubernetes-scripted-server.ts";
import { ownFolder } from "../../../test/for-one-test.ts";
import { resourceKinds } from "../../control/kubernetes/resource-kinds.ts";
import type { Failure } from "../../core/kernel/failure.ts";
import type { KubernetesClient } from "./kubernetes-client.ts";

const { configMap, secret } = resourceKinds;
const place = { name: "a", namespace: "n" };
const object = { apiVersion: "v1", kind: "ConfigMap", metadata: place };
const soon = { requestMs: 300, budgetMs: 2_000 };

const read = (client: KubernetesClient) => client.get(configMap, place);
const write = (client: KubernetesClient) => client.create(configMap, object);
const rehearse = (client: KubernetesClient) => client.create(configMap, object, { dryRun: true });

const codeOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    (value) => `no failure: ${JSON.stringify(value)}`,
    (failure: Failure) => failure.code,
  );

const cutOff: Say = (socket) => {
  socket.write("HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n{");
  setTimeout(() => socket.resetAndDestroy(), 20);
};

const dripping: Say = (socket) => {
  socket.write("HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n");
  const timer = setInterval(() => socket.write(" "), 50);
  socket.on("close", () => clearInterval(timer));
};

const endless: Say = (socket) => {
  socket.write("HTTP/1.1 200 OK\r\n\r\n");
  const timer = setInterval(() => socket.write("x".repeat(10_000)), 1);
  socket.on("close", () => clearInterval(timer));
};

const brokenPage = "<html>bad gateway</html>";

describe("what is no answer", () => {
  const troubles: readonly (readonly [string, Say, string, string])[] = [
    ["a connection that ends", reset, "KubernetesUnreachable", "KubernetesUncertain"],
    ["an answer that breaks off", cutOff, "KubernetesUnreachable", "KubernetesUncertain"],
    ["silence", silence, "KubernetesUnreachable", "KubernetesUncertain"],
    ["an answer that comes byte by byte", dripping, "KubernetesUnreachable", "KubernetesUncertain"],
    ["an answer without end", endless, "KubernetesUnreachable", "KubernetesUncertain"],
    ["a yes that is no JSON", answer(200, brokenPage), "KubernetesRefused", "KubernetesUncertain"],
    [
      "a yes that is no object",
      answer(201, { kind: "ConfigMap" }),
      "KubernetesRefused",
      "KubernetesUncertain",
    ],
    ["status 500", no(500, { message: "etcd" }), "KubernetesUnreachable", "KubernetesUncertain"],
    [
      "status 502 of a proxy",
      answer(502, brokenPage),
      "KubernetesUnreachable",
      "KubernetesUncertain",
    ],
    ["status 504", no(504, { reason: "Timeout" }), "KubernetesUnreachable", "KubernetesUncertain"],
    ["status 501", no(501, { message: "not here" }), "KubernetesRefused", "KubernetesRefused"],
    [
      "status 401",
      no(401, { message: "Unauthorized" }),
      "KubernetesUnauthorized",
      "KubernetesUnauthorized",
    ],
    [
      "a redirect",
      answer(302, "", { location: "http://127.0.0.1:1/" }),
      "KubernetesRefused",
      "KubernetesRefused",
    ],
    [
      "no HTTP at all",
      (socket) => socket.write("hello\r\n\r\n"),
      "KubernetesUnreachable",
      "KubernetesUncertain",
    ],
  ];

  test.each(troubles)("a read that gets %s", async (_name, say, reading) => {
    const { url } = await scriptedServer(say);
    const client = scriptedClient(url, { limits: { ...soon, answerBytesMax: 50_000 } });
    expect(await codeOf(read(client))).toBe(reading);
  });

  test.each(troubles)("a write that gets %s", async (_name, say, reading, writing) => {
    const { url, heard } = await scriptedServer(say);
    const client = scriptedClient(url, { limits: { ...soon, answerBytesMax: 50_000 } });
    expect(await codeOf(write(client))).toBe(writing);
    expect(heard, "it was asked once").toHaveLength(1);
    expect(await codeOf(rehearse(client)), "a rehearsal leaves none").toBe(reading);
  });

  test("a server that does not listen has done nothing", async () => {
    const client = scriptedClient("http://127.0.0.1:1", { limits: soon });
    expect(await codeOf(read(client))).toBe("KubernetesUnreachable");
    expect(await codeOf(write(client))).toBe("KubernetesUnreachable");
  });
});

describe("a server that says later", () => {
  const busy = { reason: "TooManyRequests", message: "too many requests" };

  test.each([
    ["429 with seconds", no(429, busy, { "retry-after": "3" }), 3_000],
    ["503 with seconds", no(503, {}, { "retry-after": "1" }), 1_000],
    ["429 in plain text", answer(429, "Too many requests.", { "retry-after": "2" }), 2_000],
  ])(
    "%s is asked again after that time, for a read and for a write",
    async (_name, later, pauseMs) => {
      for (const ask of [read, write]) {
        const clock = hurriedClock();
        const { url, heard } = await scriptedServer(later, later, answer(200, object));
        expect(await ask(scriptedClient(url, { clock }))).toMatchObject({ object });
        expect(clock.slept).toEqual([pauseMs, pauseMs]);
        expect(heard).toHaveLength(3);
      }
    },
  );

  test("a date is waited for", async () => {
    const clock = hurriedClock();
    const at = new Date(clock.nowMs() + 5_000).toUTCString();
    const { url } = await scriptedServer(no(429, busy, { "retry-after": at }), answer(200, object));
    await read(scriptedClient(url, { clock }));
    const [pauseMs = 0] = clock.slept;
    expect(pauseMs).toBeGreaterThan(3_000);
    expect(pauseMs).toBeLessThanOrEqual(5_000);
  });

  test("without a time it is asked again after growing pauses, a few times", async () => {
    const clock = hurriedClock();
    const { url, heard } = await scriptedServer(no(429, busy));
    expect(await codeOf(read(scriptedClient(url, { clock })))).toBe("KubernetesUnreachable");
    expect(heard).toHaveLength(6);
    expect(clock.slept).toHaveLength(5);
    expect((clock.slept[4] ?? 0) > (clock.slept[0] ?? 0)).toBe(true);
  });

  test("beyond the budget it is not waited for, and the failure says when to come back", async () => {
    const clock = hurriedClock();
    const { url, heard } = await scriptedServer(no(429, busy, { "retry-after": "3600" }));
    await expect(write(scriptedClient(url, { clock }))).rejects.toMatchObject({
      code: "KubernetesUnreachable",
      message: "agent at the script asks to come back in 3600 s (429: too many requests)",
    });
    expect([clock.slept, heard.length]).toEqual([[], 1]);
  });

  test("503 without a time is asked again by a read, and is a doubt for a write", async () => {
    const { url } = await scriptedServer(no(503, {}), answer(200, object));
    expect(await read(scriptedClient(url))).toMatchObject({ kind: "found" });
    const other = await scriptedServer(no(503, {}));
    expect(await codeOf(write(scriptedClient(other.url)))).toBe("KubernetesUncertain");
    expect(other.heard).toHaveLength(1);
  });

  test("an eviction that a budget forbids is an answer, not a server that is busy", async () => {
    const details = { causes: [{ reason: "DisruptionBudget", message: "needs 1" }] };
    const { url, heard } = await scriptedServer(
      no(429, { ...busy, details }, { "retry-after": "10" }),
    );
    expect(await scriptedClient(url).evict(place)).toMatchObject({
      kind: "tooMany",
      retryAfterMs: 10_000,
    });
    expect(heard).toHaveLength(1);
  });
});

describe("somebody who no longer wants it", () => {
  test("before it was sent: nothing is sent", async () => {
    const { url, heard } = await scriptedServer(answer(200, object));
    const signal = AbortSignal.abort();
    const client = scriptedClient(url);
    expect(await codeOf(client.get(configMap, place, { signal }))).toBe("Cancelled");
    expect(await codeOf(client.create(configMap, object, { signal }))).toBe("Cancelled");
    expect(heard).toEqual([]);
  });

  test("while a read waits: Cancelled; while a write waits: a doubt", async () => {
    const abort = { read: new AbortController(), write: new AbortController() };
    const { url, heard } = await scriptedServer(silence);
    const client = scriptedClient(url);
    const reading = codeOf(client.get(configMap, place, { signal: abort.read.signal }));
    await expect.poll(() => heard.length, { timeout: 10_000 }).toBe(1);
    abort.read.abort();
    expect(await reading).toBe("Cancelled");
    const writing = codeOf(client.create(configMap, object, { signal: abort.write.signal }));
    await expect.poll(() => heard.length, { timeout: 10_000 }).toBe(2);
    abort.write.abort();
    expect(await writing).toBe("KubernetesUncertain");
  });
});

test("a kept connection that ended meanwhile is made again for a read", async () => {
  const once: Say = (socket, heard) => {
    answer(200, object)(socket, heard);
    // Only when it is asked again over the same connection.
    socket.removeAllListeners("data");
    socket.once("data", () => socket.resetAndDestroy());
  };
  const { url, heard } = await scriptedServer(once, answer(200, object));
  const client = scriptedClient(url);
  expect((await read(client)).kind).toBe("found");
  expect((await read(client)).kind).toBe("found");
  expect(heard).toHaveLength(2);
});

describe("a credential", () => {
  test("is read again from its file for every request", async () => {
    const path = join(await ownFolder(), "token");
    const { url, heard } = await scriptedServer(answer(200, object));
    const access = scriptedAccess(url, { token: { kind: "file", path } });
    const client = scriptedClient(url, { access });
    for (const token of ["first-token", "second-token\n"]) {
      await writeFile(path, token);
      await read(client);
    }
    expect(heard.map(({ headers }) => headers["authorization"])).toEqual([
      "Bearer first-token",
      "Bearer second-token",
    ]);
  });

  test.each([
    ["that is not there", undefined],
    ["that is empty", "\n"],
    ["that can not stand in a header", "two\nlines-of-a-token"],
    ["that is no token by its size", "x".repeat(300_000)],
  ])("%s fails without showing it, and nothing is sent", async (_name, token) => {
    const path = join(await ownFolder(), "token");
    if (token !== undefined) await writeFile(path, token);
    const { url, heard } = await scriptedServer(answer(200, object));
    const access = scriptedAccess(url, { token: { kind: "file", path } });
    const failed = read(scriptedClient(url, { access })).catch((failure: Failure) => failure);
    const failure = (await failed) as Failure;
    expect(failure).toMatchObject({ code: "CredentialUnreadable", where: path });
    expect(failure.message).not.toContain("lines-of-a-token");
    expect(heard).toEqual([]);
  });

  test("that a server repeats is not shown", async () => {
    const { url } = await scriptedServer(no(401, { message: `bad token ${scriptedToken}` }));
    const failure = (await read(scriptedClient(url)).catch((thrown: Failure) => thrown)) as Failure;
    expect(JSON.stringify([failure.message, failure.toJson()])).not.toContain(scriptedToken);
  });

  test("about a Secret, no word of the server is repeated", async () => {
    const causes = [{ field: "data[x]", reason: "FieldValueInvalid", message: "it was hunter2" }];
    const { url } = await scriptedServer(
      no(422, { reason: "Invalid", message: "hunter2", details: { causes } }),
    );
    const made = await scriptedClient(url).create(secret, { ...object, kind: "Secret" });
    expect(made).toMatchObject({ kind: "invalid", causes: [{ field: "data[x]" }] });
    expect(JSON.stringify(made)).not.toContain("hunter2");
  });
});

test("the version is asked for once, and a server without one is no API server", async () => {
  const version = { major: "1", minor: "31+", gitVersion: "v1.31.2-gke.7" };
  const { url, heard } = await scriptedServer(answer(200, version));
  const client = scriptedClient(url);
  expect(await client.version()).toEqual({ ...version, major: 1, minor: 31 });
  await client.version();
  expect(heard.map(({ line }) => line)).toEqual(["GET /version"]);
  const other = await scriptedServer(answer(404, "404 page not found"));
  expect(await codeOf(scriptedClient(other.url).version())).toBe("KubernetesRefused");
});

test("a token that nobody gives, as on a file server that hangs, holds nothing up for longer than a request", async () => {
  const path = join(await ownFolder(), "token");
  execFileSync("mkfifo", [path]);
  onTestFinished(async () => {
    // Lets those go that still wait for the file.
    const end = await open(path, constants.O_RDWR | constants.O_NONBLOCK);
    await end.close();
  });
  const { url, heard } = await scriptedServer(answer(200, object));
  const access = scriptedAccess(url, { token: { kind: "file", path } });
  const client = scriptedClient(url, { access, limits: soon });
  const said = { code: "KubernetesUnreachable", message: expect.stringContaining("were not read") };
  const query = { resourceVersion: "1", endsAfterSeconds: 30, silenceMs: 400 };
  const { signal } = new AbortController();
  await expect(write(client)).rejects.toMatchObject(said);
  await expect(client.watch(configMap, { ...query, signal })).rejects.toMatchObject(said);
  expect(heard).toEqual([]);
});
