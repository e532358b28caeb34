import { createServer } from "node:http";
import { connect } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { listening, ownFolder } from "../../../../test/for-one-test.ts";
import type { Container } from "../built-in/workload-types.ts";
import type { PodOrder, PodRunner } from "./pod-runner.ts";
import { processPodRunner } from "./process-pod-runner.ts";

const patience = { timeout: 30_000, interval: 50 };
const idle = "setInterval(() => undefined, 1000)";

/** A Pod of one container, which only waits, unless the test says otherwise. */
async function running(
  container: Partial<Container>,
  order: Partial<PodOrder> = {},
): Promise<PodRunner> {
  const images = { idle: [process.execPath, "-e", idle, "--"] };
  const runner = processPodRunner({ folder: await ownFolder(), images });
  onTestFinished(() => runner.close());
  runner.run({
    ...{ uid: "u1", namespace: "shop", name: "web", address: "127.0.0.1", ...order },
    containers: [{ name: "web", image: "idle:1", ...container }],
  });
  return runner;
}

const stateOf = (runner: PodRunner) => runner.states("u1")?.[0];

test.each([
  ["an argument with a NUL byte", { args: ["secret\u0000"] }],
  ["arguments larger than a process may have", { args: ["x".repeat(4_000_000)] }],
  ["a variable with a NUL byte", { env: [{ name: "SHOP", value: "secret\u0000" }] }],
])("a container with %s waits and says so, without quoting it", async (_name, container) => {
  const state = stateOf(await running(container));
  expect(state).toMatchObject({
    ready: false,
    restarts: 0,
    state: { kind: "waiting", reason: "CreateContainerError" },
  });
  expect(JSON.stringify(state)).not.toContain("secret");
});

test("a Pod whose names together are longer than a file's runs all the same", async () => {
  const name = Array.from({ length: 4 }, () => "w".repeat(62)).join(".");
  const runner = await running({ name: "c".repeat(63) }, { namespace: "n".repeat(63), name });
  expect(stateOf(runner)?.state.kind).toBe("running");
});

test.each([
  ["a port that is a name of nothing", { port: "readiness" }],
  ["a port above the last", { port: 70_000 }],
  ["a path with a space", { port: 80, path: "/is it" }],
])("a probe of %s only means not ready", async (_name, httpGet) => {
  let changes = 0;
  const runner = await running({ readinessProbe: { httpGet, initialDelaySeconds: 0 } });
  runner.onChange(() => {
    changes += 1;
  });
  // The probe is asked at once and every 250 ms.
  await new Promise((resolve) => setTimeout(resolve, 700));
  expect(stateOf(runner)).toMatchObject({ ready: false, restarts: 0, state: { kind: "running" } });
  expect(changes).toBe(0);
});

test("a probe whose answer begins and never ends is asked again once for each time", async () => {
  let asked = 0;
  const server = createServer((_, response) => {
    asked += 1;
    response.writeHead(503);
    response.write("wait");
  });
  const port = await listening(server);
  const readinessProbe = { httpGet: { port }, timeoutSeconds: 1, failureThreshold: 1 };
  const runner = await running({ readinessProbe });
  await expect.poll(() => asked, patience).toBeGreaterThan(0);
  const [before, fromMs] = [asked, performance.now()];
  await new Promise((resolve) => setTimeout(resolve, 3_000));
  // Every 250 ms. Each that told twice would add one to all that come after it: more than 40 in this time.
  expect(asked - before).toBeLessThanOrEqual((performance.now() - fromMs) / 250 + 3);
  expect(stateOf(runner)).toMatchObject({ ready: false });
});

test("a container is the program itself, which the signal to end reaches", async () => {
  const server = `const s = require("node:net").createServer(() => undefined);
    s.listen(Number(process.env.PORT), process.env.ADDRESS);
    process.on("SIGTERM", () => process.exit(0));`;
  const free = createServer();
  const port = await listening(free);
  await new Promise((resolve) => free.close(resolve));
  const runner = processPodRunner({
    folder: await ownFolder(),
    images: { one: [process.execPath, "-e", server, "--"] },
  });
  onTestFinished(() => runner.close());
  const ports = [{ containerPort: port }];
  const containers = [{ name: "web", image: "one", ports }];
  runner.run({ uid: "u1", namespace: "n", name: "web", address: "127.0.0.1", containers });
  const answers = () =>
    new Promise<boolean>((resolve) => {
      const socket = connect(port, "127.0.0.1", () => resolve(true)).on("error", () =>
        resolve(false),
      );
      socket.on("connect", () => socket.destroy());
    });
  await expect.poll(answers, patience).toBe(true);
  await runner.end("u1", 30_000);
  expect(await answers()).toBe(false);
});
