/**
 * The Drills pages in a real browser, served by a real control process from a folder of reports and the journal that has their
 * hashes. By role and name, in both themes, on a phone, by keyboard; and what was changed is not shown.
 */
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, Frame, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { ledgerAnswerOf } from "../../src/core/drill/ledger-answer.ts";
import { documentsOf, fsn, witnessed } from "../catalogue.ts";
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
import { type ReportShelf, reportShelf } from "./drill-shelf.ts";
import { scriptedLedgerReport } from "./ledger-sample.ts";

const ids = {
  changed: "ledger-00000001",
  drill: "drill-00000002",
  unsafe: "ledger-00000003",
  step: "ledger-00000004",
  day: "gameday-00000005",
  newest: "ledger-00000006",
} as const;

let folder = "";
let shelf: ReportShelf;
let browser: Browser;
let control: ControlProcess;
let bare: ControlProcess;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "sovereign-drills-"));
  shelf = await reportShelf(folder);
  const { json } = await shelf.ledger(ids.changed);
  await shelf.drill(ids.drill);
  await shelf.ledger(ids.unsafe, { lost: 3 });
  await shelf.gameday(ids.day, ids.step);
  await shelf.ledger(ids.newest);
  await writeFile(json, `${await readFile(json, "utf8")} `);
  const own = { cluster: fsn, documents: documentsOf([], witnessed()) };
  [control, bare] = await Promise.all([
    startControlProcess({ ...own, drills: { reports: shelf.reports, journal: shelf.journal } }),
    startControlProcess(own),
  ]);
  browser = await startBrowser();
});
afterAll(async () => {
  await browser?.close();
  await Promise.all([control, bare].map((one) => one?.stop()));
  await rm(folder, { recursive: true, force: true });
});

const pages: Page[] = [];
async function open(url: string, view?: PageView): Promise<OpenedPage> {
  const opened = await openPage(browser, url, view);
  pages.push(opened.page);
  return opened;
}
afterEach(async () => {
  for (const page of pages.splice(0)) await page.close();
});

const doubted = "One report is not what its drill wrote";
const row = (page: Page, name: RegExp) =>
  page.getByRole("region", { name: "Reports" }).getByRole("row", { name });

/** The frame with the page that the drill wrote, once it is there. */
async function reportFrame(page: Page): Promise<Frame> {
  const element = await page.getByTitle(/^Report of/).elementHandle({ timeout: limitMs });
  const frame = await element?.contentFrame();
  if (frame == null) throw new Error("there is no frame");
  await frame.getByRole("heading", { level: 1 }).waitFor({ timeout: limitMs });
  return frame;
}

describe.each(["light", "dark"] as const)("in the %s theme", (colorScheme) => {
  test("the list says what can not be believed, then verdict, RTO and losses of every report", async () => {
    const { page, requests, complaints } = await open(`${control.url}/drills`, { colorScheme });
    await titleSays(page, doubted);
    expect(await page.title()).toBe(`${doubted} · Sovereign`);
    const links = page.getByRole("region", { name: "Reports" }).getByRole("link");
    expect(await links.evaluateAll((all) => all.map((one) => one.getAttribute("href")))).toEqual(
      [ids.newest, ids.day, ids.step, ids.unsafe, ids.drill, ids.changed].map(
        (id) => `/drills/${id}`,
      ),
    );
    const { measured } = scriptedLedgerReport({ lost: 3 });
    const unsafe = row(page, /unsafe/);
    const lost = `3 of ${measured.acknowledged} writes`;
    expect(await unsafe.getByText(lost, { exact: true }).isVisible()).toBe(true);
    const seconds = `${((measured.rtoMs ?? 0) / 1_000).toFixed(1)} s`;
    expect(await unsafe.getByRole("cell", { name: seconds, exact: true }).isVisible()).toBe(true);
    const changed = row(page, new RegExp(ids.changed));
    expect(await changed.getByText("not genuine", { exact: true }).isVisible()).toBe(true);
    expect(await changed.getByText("report.json has the SHA-256").isVisible()).toBe(true);
    expect(
      await row(page, /^game day/)
        .getByText("passed")
        .first()
        .isVisible(),
    ).toBe(true);
    expect(await complaintsOfAxe(page)).toEqual([]);
    expect(requests.filter((url) => !url.startsWith(control.url))).toEqual([]);
    expect(complaints).toEqual([]);
  });

  test("a report is the page that its drill wrote, in that theme, with the evidence that it is", async () => {
    const url = `${control.url}/drills/${ids.newest}`;
    const { page, requests, complaints } = await open(url, { colorScheme });
    const report = { ...scriptedLedgerReport(), id: ids.newest };
    const frame = await reportFrame(page);
    const answer = ledgerAnswerOf(report);
    expect(await frame.getByRole("heading", { level: 1 }).textContent()).toBe(answer);
    expect(await page.title()).toBe(`${answer} · Sovereign`);
    const evidence = page.getByRole("region", { name: "Evidence" });
    expect(await evidence.getByText("genuine", { exact: true }).isVisible()).toBe(true);
    const invariants = frame.getByRole("region", { name: "Invariants" }).getByRole("table");
    expect(await invariants.getByText("held", { exact: true }).count()).toBe(7);
    await expect
      .poll(() => page.getByTitle(/^Report of/).evaluate((one) => one.clientHeight), {
        timeout: limitMs,
      })
      .toBeGreaterThan(1_000);
    expect(await frame.evaluate(() => document.documentElement.scrollHeight > innerHeight)).toBe(
      false,
    );
    expect(await groundOf(frame)).toBe(await groundOf(page));
    expect(await complaintsOfAxe(page)).toEqual([]);
    expect(requests.filter((one) => !one.startsWith(control.url))).toEqual([]);
    expect(complaints).toEqual([]);
  });

  test("both fit a phone of 390 px without scrolling sideways", async () => {
    const list = await open(`${control.url}/drills`, { width: 390, colorScheme });
    await titleSays(list.page, doubted);
    expect(await widthOf(list.page)).toBeLessThanOrEqual(390);
    expect(await complaintsOfAxe(list.page)).toEqual([]);
    const { page } = await open(`${control.url}/drills/${ids.day}`, { width: 390, colorScheme });
    const frame = await reportFrame(page);
    expect(await widthOf(page)).toBeLessThanOrEqual(390);
    expect(await widthOf(frame)).toBeLessThanOrEqual(390);
    expect(await complaintsOfAxe(page)).toEqual([]);
  });
});

test("from the topology one comes to the drills, to a game day and to its drill by keyboard alone", async () => {
  const { page } = await open(control.url);
  await titleSays(page, "No failover group is declared");
  await page.getByRole("navigation").getByRole("link", { name: "Drills" }).press("Enter");
  await titleSays(page, doubted);
  await page.getByRole("link", { name: "game day" }).press("Enter");
  const steps = page.getByRole("region", { name: "Reports of the day" });
  await steps.getByRole("link", { name: "region-kill" }).press("Enter", { timeout: limitMs });
  await reportFrame(page);
  expect(new URL(page.url()).pathname).toBe(`/drills/${ids.step}`);
  await page.getByRole("banner").getByRole("link", { name: "Drills" }).press("Enter");
  await titleSays(page, doubted);
});

test("the theme that somebody chooses is the report's as well", async () => {
  const { page } = await open(`${control.url}/drills/${ids.drill}`, { colorScheme: "light" });
  const frame = await reportFrame(page);
  const light = await groundOf(frame);
  await page.getByRole("button", { name: "Switch theme" }).press("Enter");
  await expect.poll(() => groundOf(frame), { timeout: limitMs }).not.toBe(light);
  expect(await groundOf(frame)).toBe(await groundOf(page));
});

test("what is not genuine is told of and not shown, and a report that is not there is none", async () => {
  const { page } = await open(`${control.url}/drills/${ids.changed}`);
  await titleSays(page, "This is not the report that the drill wrote");
  expect(await page.getByTitle(/^Report of/).count()).toBe(0);
  expect(await page.getByText("acknowledged").count()).toBe(0);
  expect(await complaintsOfAxe(page)).toEqual([]);
  const missing = await open(`${control.url}/drills/ledger-99999999`);
  await missing.page.getByText("there is no such report").waitFor({ timeout: limitMs });
});

test("a report that is written appears without a reload, and is read out", async () => {
  const own = await mkdtemp(join(tmpdir(), "sovereign-drills-"));
  const growing = await reportShelf(own);
  const { reports, journal } = growing;
  const documents = documentsOf([], witnessed());
  const process = await startControlProcess({
    cluster: fsn,
    documents,
    drills: { reports, journal },
  });
  try {
    const { page } = await open(`${process.url}/drills`);
    await titleSays(page, "No drill has been run yet");
    expect(await complaintsOfAxe(page)).toEqual([]);
    const { report } = await growing.ledger("ledger-00000001");
    const title = `The newest drill, region-kill of ${report.region}, passed; all ${report.measured.acknowledged} acknowledged writes are kept`;
    await titleSays(page, title);
    const status = page.getByRole("status");
    await expect.poll(() => status.textContent(), { timeout: limitMs }).toBe(title);
  } finally {
    await process.stop();
    await rm(own, { recursive: true, force: true });
  }
});

test("without a folder of reports the page says what to configure", async () => {
  const { page } = await open(`${bare.url}/drills`);
  await titleSays(page, "This control process is not told where drill reports are");
  expect(await page.getByText("journal: ./journal/drills").isVisible()).toBe(true);
});
