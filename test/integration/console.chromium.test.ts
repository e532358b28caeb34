/**
 * The Topology page in a real browser, served by a real control process on a real name server for each region; agents are
 * HTTP servers of this test, so that they say what a case needs. By role and name, in both themes, on a phone.
 */
import { gzipSync } from "node:zlib";
import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { TopologyView } from "../../src/core/view/topology-view.ts";
import { readConsoleFiles } from "../../src/daemon/console-files.ts";
import { declared, documentsOf, fsn, hel, placed, witnessed, zone } from "../catalogue.ts";
import { startBrowser } from "./browser.ts";
import {
  complaintsOfAxe,
  groundOf,
  limitMs,
  type OpenedPage,
  openPage,
  type PageView,
  titleSays,
  widthOf,
} from "./console-page.ts";
import { type ControlProcess, startControlProcess } from "./control-process.ts";
import { liveSovereign } from "./control-world.ts";
import { type PdnsServer, startPdnsServer } from "./pdns-server.ts";
import { type StandIn, type StandIns, startStandIns } from "./region-stand-in.ts";

const clusters = [fsn, hel] as const;
const service = { name: "ledger-db", standbyReady: null, timeline: 3, ready: true } as const;
const writing = { ...service, role: "writable", sync: "in_sync", position: 5_000_000 } as const;
const following = {
  ...service,
  role: "standby",
  sync: null,
  position: 5_000_000,
  lagMs: 0,
} as const;

let browser: Browser;
let regions: StandIns;
let servers: readonly PdnsServer[] = [];
let control: ControlProcess;
let peer: ControlProcess;
let bare: ControlProcess;
let [left, right]: StandIn[] = [];

beforeAll(async () => {
  regions = await startStandIns(clusters);
  [left, right] = regions.list;
  servers = await Promise.all(
    clusters.map((_, index) => startPdnsServer([zone], `ns${index + 1}`)),
  );
  const live = clusters.flatMap((cluster, index) => {
    const pdns = servers[index];
    const ipv4 = [regions.list[index]?.address ?? ""];
    return pdns === undefined ? [] : [{ cluster, ipv4, ipv6: [], pdns }];
  });
  const healthCheck = { scheme: "http" as const, port: regions.port, path: "/healthz" };
  const applications = [placed("ledger", { healthCheck })];
  const sovereign = witnessed(liveSovereign(live));
  const group = declared("ledger", { environments: ["acme-prod"] });
  const documents = documentsOf(applications, sovereign, [group]);
  const agents = Object.fromEntries(regions.list.map(({ cluster, url }) => [cluster, url]));
  const startIn = (cluster: string, index: number): Promise<ControlProcess> => {
    const keys = { [`ns${index + 1}`]: servers[index]?.apiKey ?? "" };
    return startControlProcess({ cluster, documents, keys, agents });
  };
  [control, peer] = await Promise.all([startIn(fsn, 0), startIn(hel, 1)]);
  bare = await startControlProcess({ cluster: fsn, documents: documentsOf([], sovereign) });
  browser = await startBrowser();
});
afterAll(async () => {
  await browser?.close();
  await Promise.all([control, peer, bare].map((one) => one?.stop()));
  regions?.stop();
  await Promise.all(servers.map((server) => server.stop()));
});

const set = (region: StandIn | undefined, facts: StandIn["facts"], agent = "answers"): void => {
  if (region === undefined) throw new Error("there are two regions");
  region.facts = facts;
  region.agent = agent === "silent" ? "silent" : "answers";
};
const inStep = (): void => {
  set(left, { epoch: 42, leftMs: 9_000, services: [writing] });
  set(right, { services: [following] });
};

const pages: Page[] = [];
async function open(url: string, view?: PageView): Promise<OpenedPage> {
  const opened = await openPage(browser, url, view);
  pages.push(opened.page);
  return opened;
}
beforeEach(inStep);
afterEach(async () => {
  for (const page of pages.splice(0)) await page.close();
});

const good = `${fsn} serves ledger; ${hel} stands by, in step`;

describe.each(["light", "dark"] as const)("the page in the %s theme", (colorScheme) => {
  test("says who serves, by what right, for how long, and asks nobody but its own process", async () => {
    const { page, requests, complaints } = await open(control.url, { colorScheme });
    await titleSays(page, good);
    expect(await page.title()).toBe(`${good} · Sovereign`);
    const table = page.getByRole("region", { name: "Failover groups" }).getByRole("table");
    const row = table.getByRole("row", { name: /^ledger/ });
    expect(await row.getByText("active", { exact: true }).isVisible()).toBe(true);
    expect(await row.getByText("standby", { exact: true }).isVisible()).toBe(true);
    expect(await row.getByRole("cell", { name: "42", exact: true }).isVisible()).toBe(true);
    const services = page.getByRole("region", { name: "Data services" });
    expect(await services.getByRole("cell", { name: "0 B, 0.0 s" }).isVisible()).toBe(true);
    const answers = page.getByRole("region", { name: "Answers of the name servers" });
    await expect
      .poll(() => answers.getByText(`leads to ${fsn}`).count(), { timeout: limitMs })
      .toBe(2);
    const journal = page.getByRole("region", { name: "Journal" });
    expect(await journal.getByText("control.started").first().isVisible()).toBe(true);
    await expect
      .poll(() => page.getByText("answers as planned").count(), { timeout: limitMs })
      .toBe(2);
    expect(await complaintsOfAxe(page)).toEqual([]);
    expect(requests.filter((url) => !url.startsWith(control.url))).toEqual([]);
    expect(complaints).toEqual([]);
  });

  test("fits a phone of 390 px without scrolling sideways", async () => {
    const { page } = await open(control.url, { width: 390, colorScheme });
    await titleSays(page, good);
    expect(await widthOf(page)).toBeLessThanOrEqual(390);
    expect(await page.getByRole("meter", { name: "Lease of ledger" }).count()).toBe(1);
    expect(await complaintsOfAxe(page)).toEqual([]);
  });
});

test("a lease drains between two answers, and is full again with a renewal", async () => {
  const { page } = await open(control.url);
  const meter = page.getByRole("meter", { name: "Lease of ledger" });
  await titleSays(page, good);
  const value = async (): Promise<number> => Number(await meter.getAttribute("value"));
  set(left, { epoch: 42, leftMs: 9_900, services: [writing] });
  await expect.poll(value, { timeout: limitMs, interval: 50 }).toBeGreaterThan(9_000);
  // The holder stops renewing: the very same report is given, with less left each time.
  const stoppedAtMs = Date.now();
  const draining = setInterval(() => {
    const leftMs = Math.max(0, 9_900 - (Date.now() - stoppedAtMs));
    set(left, { epoch: 42, leftMs, services: [writing] });
  }, 50);
  const seen = new Set<number>();
  try {
    await expect
      .poll(
        async () => {
          seen.add(await value());
          return seen.size;
        },
        { timeout: limitMs, interval: 50 },
      )
      .toBeGreaterThan(8);
  } finally {
    clearInterval(draining);
  }
  const values = [...seen];
  expect(values.at(-1)).toBeLessThan(values[0] ?? 0);
  set(left, { epoch: 42, leftMs: 9_900, services: [writing] });
  await expect.poll(value, { timeout: limitMs, interval: 50 }).toBeGreaterThan(9_000);
});

test("a standby that falls behind is told in bytes and seconds", async () => {
  set(left, { epoch: 42, sync: "degraded", services: [{ ...writing, sync: "alone" }] });
  set(right, { services: [{ ...following, position: 2_500_000, lagMs: 7_300 }] });
  const { page } = await open(control.url);
  await titleSays(page, `${fsn} serves ledger; ${hel} stands by, not in step, 2.5 MB behind`);
  const services = page.getByRole("region", { name: "Data services" });
  expect(await services.getByRole("cell", { name: "2.5 MB, 7.3 s" }).isVisible()).toBe(true);
});

test("a silent agent, a failover, and the way back are shown and read out", async () => {
  const { page } = await open(control.url);
  await titleSays(page, good);
  const status = page.getByRole("status");
  // What is there at first is the page's own text, and not news.
  expect(await status.textContent()).toBe("");
  set(left, {}, "silent");
  await titleSays(
    page,
    `Nobody is heard to serve ledger; the agent of ${fsn} is silent; ${hel} stands by`,
  );
  expect(await page.getByText("agent silent").first().isVisible()).toBe(true);
  await expect.poll(() => status.textContent(), { timeout: limitMs }).toContain("is silent");
  expect(await complaintsOfAxe(page)).toEqual([]);
  set(right, { epoch: 43, services: [{ ...writing, timeline: 4 }] });
  await titleSays(page, `${hel} serves ledger; the agent of ${fsn} is silent`);
  expect(await page.getByText("takes writes, timeline 4").isVisible()).toBe(true);
  const journal = page.getByRole("region", { name: "Journal" });
  await expect
    .poll(() => journal.getByText("dns.fallbackMoved").count(), { timeout: limitMs })
    .toBeGreaterThan(0);
  await expect.poll(() => journal.getByText("agent.silent").count(), { timeout: limitMs }).toBe(1);
  inStep();
});

test("what only a person can do stands first, with the command", async () => {
  const because = "this region may not take over by itself";
  set(right, { services: [following], needs: [{ reason: "NotArmed", because, remedy: "arm" }] });
  const { page } = await open(control.url);
  const needs = page.getByRole("region", { name: "Needs somebody" });
  await needs.waitFor({ timeout: limitMs });
  expect(await needs.getByText(because).isVisible()).toBe(true);
  expect(await needs.getByText("sovereign failover arm").isVisible()).toBe(true);
  expect(await complaintsOfAxe(page)).toEqual([]);
});

test("without a declared group the page says so, and what to declare", async () => {
  const { page, complaints } = await open(bare.url, { colorScheme: "light" });
  await titleSays(page, "No failover group is declared");
  expect(await page.getByText("kind: FailoverGroup").isVisible()).toBe(true);
  expect(await page.getByRole("meter").count()).toBe(0);
  expect(await complaintsOfAxe(page)).toEqual([]);
  expect(complaints).toEqual([]);
});

test("a control process that ends is told of at once, and what stood there is not passed off as new", async () => {
  const ending = await startControlProcess({
    cluster: fsn,
    documents: documentsOf([], witnessed()),
  });
  const { page } = await open(ending.url);
  await titleSays(page, "No failover group is declared");
  await ending.stop();
  await page.getByText("the control process can not be reached").waitFor({ timeout: limitMs });
  expect(await page.getByText(/^stale for/).isVisible()).toBe(true);
  expect(await page.getByRole("heading", { level: 1 }).textContent()).toBe(
    "No failover group is declared",
  );
});

test("the theme can be chosen by keyboard against the system's, and stays", async () => {
  const { page } = await open(control.url, { colorScheme: "light" });
  await titleSays(page, good);
  const ground = (): Promise<string> => groundOf(page);
  const light = await ground();
  await page.getByRole("button", { name: "Switch theme" }).press("Enter");
  const dark = await ground();
  expect(dark).not.toBe(light);
  await page.reload();
  await titleSays(page, good);
  expect(await ground()).toBe(dark);
});

describe("what is served", () => {
  test("has a policy under which nothing from elsewhere can run, and no header that lets others frame it", async () => {
    const response = await fetch(control.url);
    const policy = response.headers.get("content-security-policy") ?? "";
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toContain("unsafe");
    expect(response.headers.get("x-content-type-options")).toBe("nosniff");
    const missing = await fetch(`${control.url}/assets/nothing.js`);
    expect(missing.status).toBe(404);
  });

  test("is at most 150 kB over the wire at the first load, the typeface included", async () => {
    const files = await readConsoleFiles();
    const sizes = [...files.values()].map(({ body }) => gzipSync(body).length);
    expect(files.size).toBeGreaterThan(3);
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThanOrEqual(150_000);
  });

  test("is also plain data at /v1/topology", async () => {
    const view = (await (await fetch(`${control.url}/v1/topology`)).json()) as TopologyView; // Ours.
    expect(view.groups[0]).toMatchObject({ name: "ledger", state: "served" });
    expect(view.control.cluster).toBe(fsn);
  });
});
