/** The drill report in a real browser: both themes, by role and name, on a phone, without a network. */

import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { stepOf } from "../../src/core/drill/gameday.ts";
import { renderGamedayHtml } from "../../src/sandbox/drill/html/render-gameday-html.ts";
import { renderLedgerHtml } from "../../src/sandbox/drill/html/render-ledger-html.ts";
import { renderReportHtml } from "../../src/sandbox/drill/html/render-report-html.ts";
import { startBrowser } from "./browser.ts";
import { scriptedReport } from "./drill-sample.ts";
import { scriptedLedgerReport } from "./ledger-sample.ts";

let folder = "";
let browser: Browser;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "sovereign-page-"));
  const missed = scriptedReport({ drill: "region-hang", detectMs: undefined, restoreMs: 30_000 });
  await writeFile(join(folder, "passed.html"), renderReportHtml(scriptedReport()));
  await writeFile(join(folder, "missed.html"), renderReportHtml(missed));
  const ledger = scriptedLedgerReport();
  await writeFile(join(folder, "ledger.html"), renderLedgerHtml(ledger));
  await writeFile(join(folder, "unsafe.html"), renderLedgerHtml(scriptedLedgerReport({ lost: 3 })));
  await writeFile(
    join(folder, "gameday.html"),
    renderGamedayHtml(
      {
        version: 1,
        id: "gameday-mi6x1k9q20a7",
        startedAt: "2026-11-21T02:41:00.000Z",
        endedAt: "2026-11-21T02:52:00.000Z",
        profile: "fast",
        kinds: ["region-kill", "clock-step"],
        steps: [
          stepOf(ledger, { sha256: "ab", tookMs: 60_000 }),
          { kind: "clock-step", result: "notDone", because: ["Not done here."] },
        ],
      },
      "9f3c".repeat(16),
    ),
  );
  browser = await startBrowser();
});
afterAll(async () => {
  await browser?.close();
  await rm(folder, { recursive: true, force: true });
});

type View = { readonly width: number; readonly colorScheme: "light" | "dark" };
type Opened = { readonly page: Page; readonly requests: string[]; readonly complaints: string[] };

async function open(name: string, { width, colorScheme }: View): Promise<Opened> {
  const page = await browser.newPage({ viewport: { width, height: 900 }, colorScheme });
  const requests: string[] = [];
  const complaints: string[] = [];
  page.on("request", (request) => void requests.push(request.url()));
  page.on("console", (message) => void complaints.push(message.text()));
  page.on("pageerror", (error) => void complaints.push(error.message));
  await page.goto(pathToFileURL(join(folder, name)).href);
  return { page, requests, complaints };
}

const background = (page: Page): Promise<string> =>
  page.evaluate(() => getComputedStyle(document.body).backgroundColor);

/** Contrast of each visible text with what is behind it, smallest first (WCAG 2, sRGB through a canvas). */
const poorContrasts = (page: Page): Promise<readonly string[]> =>
  page.evaluate(() => {
    const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
    if (canvas === null) return ["no canvas"];
    const channels = (colour: string): readonly number[] => {
      canvas.clearRect(0, 0, 1, 1);
      canvas.fillStyle = colour;
      canvas.fillRect(0, 0, 1, 1);
      return [...canvas.getImageData(0, 0, 1, 1).data];
    };
    const luminance = (rgb: readonly number[]): number => {
      const [r = 0, g = 0, b = 0] = rgb
        .map((value) => value / 255)
        .map((value) => (value <= 0.040_45 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4));
      return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const behind = (element: Element | null): readonly number[] => {
      for (let at = element; at !== null; at = at.parentElement) {
        const colour = channels(getComputedStyle(at).backgroundColor);
        if ((colour[3] ?? 0) > 250) return colour;
      }
      return [255, 255, 255];
    };
    const poor: string[] = [];
    for (const element of document.querySelectorAll(
      "h1, h2, th, td, dt, dd, small, span, b, summary, label, svg text",
    )) {
      if (element.getClientRects().length === 0 || element.textContent?.trim() === "") continue;
      const style = getComputedStyle(element);
      const ink = luminance(channels(element.closest("svg") === null ? style.color : style.fill));
      const ground = luminance(behind(element));
      const ratio = (Math.max(ink, ground) + 0.05) / (Math.min(ink, ground) + 0.05);
      if (ratio < 4.5) poor.push(`${element.textContent} ${ratio.toFixed(2)}`);
    }
    return poor;
  });

describe.each(["light", "dark"] as const)("the report in the %s theme", (colorScheme) => {
  test("says the answer, the verdict, the picture and its twins by role and name, and asks no network", async () => {
    const { page, requests, complaints } = await open("passed.html", { width: 1440, colorScheme });
    const heading = page.getByRole("heading", { level: 1 });
    expect(await heading.textContent()).toBe(
      "shop was served again, from hel, after 6.1 s. 61 of 287 requests failed.",
    );
    expect(await page.getByText("Passed", { exact: true }).isVisible()).toBe(true);
    const picture = page.getByRole("img", { name: /Timeline of the drill/ });
    expect(await picture.count()).toBe(1);
    const table = page.getByRole("region", { name: "Expected and measured" }).getByRole("table");
    expect(await table.getByRole("row").count()).toBe(8);
    expect(await table.getByRole("rowheader", { name: /Time to detect/ }).isVisible()).toBe(true);
    await page.getByText("Every request", { exact: false }).first().click();
    expect(await page.getByRole("region", { name: "Every request" }).isVisible()).toBe(true);
    expect(await poorContrasts(page)).toEqual([]);
    expect(requests.filter((url) => !url.startsWith("file:"))).toEqual([]);
    expect(requests).toHaveLength(1);
    expect(complaints).toEqual([]);
    await page.close();
  });

  test("a missed bound is said in words and is readable too", async () => {
    const { page } = await open("missed.html", { width: 1024, colorScheme });
    expect(await page.getByText("Bound missed", { exact: true }).isVisible()).toBe(true);
    expect(await page.getByText("did not happen").first().isVisible()).toBe(true);
    expect(await poorContrasts(page)).toEqual([]);
    await page.close();
  });

  test.each([
    ["passed.html", 1],
    ["ledger.html", 1],
    ["gameday.html", 0],
  ])(
    "%s fits a phone of 390 px without scrolling sideways, with all folds open",
    async (name, pictures) => {
      const { page } = await open(name, { width: 390, colorScheme });
      for (const fold of await page.locator("summary").all()) await fold.click();
      const width = await page.evaluate(() => document.documentElement.scrollWidth);
      expect(width).toBeLessThanOrEqual(390);
      expect(await page.getByRole("img", { name: /Timeline of the drill/ }).count()).toBe(pictures);
      await page.close();
    },
  );

  test("a drill of data shows RTO, every invariant and what was predicted, by role and name", async () => {
    const { page, requests, complaints } = await open("ledger.html", { width: 1440, colorScheme });
    const heading = page.getByRole("heading", { level: 1 });
    expect(await heading.textContent()).toContain("hel acknowledged writes 24.4 s after the last");
    expect(await page.getByText("Passed", { exact: true }).isVisible()).toBe(true);
    const invariants = page.getByRole("region", { name: "Invariants" }).getByRole("table");
    expect(await invariants.getByText("held", { exact: true }).count()).toBe(7);
    const predicted = page.getByRole("region", { name: "Predicted and measured" });
    expect(await predicted.getByRole("rowheader", { name: /^RTO/ }).isVisible()).toBe(true);
    await page.getByText("Every write", { exact: false }).first().click();
    expect(await page.getByRole("region", { name: "Every write" }).isVisible()).toBe(true);
    expect(await poorContrasts(page)).toEqual([]);
    expect(requests).toHaveLength(1);
    expect(complaints).toEqual([]);
    await page.close();
  });

  test("what is unsafe, and a game day, are said in words and are readable too", async () => {
    const unsafe = await open("unsafe.html", { width: 1024, colorScheme });
    expect(await unsafe.page.getByText("Unsafe", { exact: true }).isVisible()).toBe(true);
    const invariants = unsafe.page.getByRole("region", { name: "Invariants" });
    expect(await invariants.getByText("broken", { exact: true }).isVisible()).toBe(true);
    expect(await poorContrasts(unsafe.page)).toEqual([]);
    await unsafe.page.close();
    const day = await open("gameday.html", { width: 1024, colorScheme });
    expect(await day.page.getByRole("rowheader", { name: /region-kill/ }).isVisible()).toBe(true);
    expect(await poorContrasts(day.page)).toEqual([]);
    await day.page.close();
  });
});

test("a person can choose the theme against the system's, by keyboard, without a script", async () => {
  const { page } = await open("passed.html", { width: 1440, colorScheme: "light" });
  const light = await background(page);
  await page.getByRole("radio", { name: "System" }).focus();
  await page.keyboard.press("ArrowLeft");
  expect(await page.getByRole("radio", { name: "Dark" }).isChecked()).toBe(true);
  expect(await background(page)).not.toBe(light);
  await page.getByRole("radio", { name: "Light" }).check({ force: true });
  expect(await background(page)).toBe(light);
  await page.close();
});

test("the print has no controls and is light", async () => {
  const { page } = await open("passed.html", { width: 1024, colorScheme: "dark" });
  await page.emulateMedia({ media: "print" });
  expect(await page.getByRole("radio").count()).toBe(0);
  const scheme = await page.evaluate(() => getComputedStyle(document.documentElement).colorScheme);
  expect(scheme).toBe("light");
  await page.close();
});
