import { writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { join } from "node:path";
import { expect, test } from "vitest";
import { document, environment, organization } from "../../../test/fixtures/documents.ts";
import { fsn, group, guarded, standby } from "../../../test/fixtures/failover.ts";
import { listening, ownFolder } from "../../../test/for-one-test.ts";
import { makeAbort } from "../../control/abort.ts";
import { initialState } from "../../core/failover/initial-state.ts";
import { simEnv } from "../../sim/sim-env.ts";
import { groupDocuments } from "./documents.ts";
import { makeTraffic } from "./traffic.ts";

const documents = groupDocuments(
  {
    revision: "abc",
    documents: [
      document("sovereign.yaml", guarded()),
      document("organization.yaml", organization()),
      document("environment.yaml", environment()),
      document("shop.yaml", standby()),
      document("group.yaml", group()),
    ],
    problems: [],
  },
  { cluster: fsn, group: "acme-prod" },
);

const kubeconfigOf = (server: string, token: string): string =>
  JSON.stringify({
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name: "c", cluster: { server } }],
    users: [{ name: "u", user: { token } }],
    contexts: [{ name: "x", context: { cluster: "c", user: "u", namespace: "sovereign" } }],
    "current-context": "x",
  });

test("a kubeconfig that was replaced counts after the server refused the old one", async () => {
  const shown: (string | undefined)[] = [];
  const port = await listening(
    createServer((request, response) => {
      shown.push(request.headers.authorization);
      response.writeHead(401).end("{}");
    }),
  );
  const kubeconfig = join(await ownFolder(), "kubeconfig");
  const write = (token: string) =>
    writeFile(kubeconfig, kubeconfigOf(`http://127.0.0.1:${port}`, token));
  await write("the-old-one");
  const env = simEnv(4);
  const state = initialState(documents.context, "a", 0);
  const mesh = { services: [{ namespace: "shop", name: "web" }] };
  const config = { kubernetes: { kubeconfig }, mesh };
  const agent = () => ({ current: () => state });
  const traffic = makeTraffic({ env, config, documents, agent, observeOnly: false });
  const stop = makeAbort();
  const running = traffic.run(stop.signal);
  // The server answers in the machine's own time, and the keeper asks again in the other one.
  const shows = async (token: string): Promise<void> => {
    const asked = () => env.clock.advance(5_000).then(() => shown.at(-1));
    await expect.poll(asked, { timeout: 60_000 }).toBe(`Bearer ${token}`);
  };
  await shows("the-old-one");
  await write("the-new-one");
  await shows("the-new-one");
  let hasEnded = false;
  void running.then(() => {
    hasEnded = true;
  });
  stop.abort();
  await expect
    .poll(() => env.clock.advance(5_000).then(() => hasEnded), { timeout: 60_000 })
    .toBe(true);
});
