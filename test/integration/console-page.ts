/** A page of the console in a browser, with what it asked for and complained of, and what axe has to say of it. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { Browser, Frame, Page } from "playwright-core";
import { expect } from "vitest";

/** A generous limit for what a page shows when it has asked again. */
export const limitMs = 60_000;

const axeSource = readFileSync(
  createRequire(import.meta.url).resolve("axe-core/axe.min.js"),
  "utf8",
);

export type OpenedPage = {
  readonly page: Page;
  readonly requests: string[];
  readonly complaints: string[];
};

export type PageView = { readonly width?: number; readonly colorScheme?: "light" | "dark" };

/** Opens a URL in a window of that width and theme. */
export async function openPage(
  browser: Browser,
  url: string,
  { width = 1440, colorScheme = "dark" }: PageView = {},
): Promise<OpenedPage> {
  const page = await browser.newPage({ viewport: { width, height: 900 }, colorScheme });
  const requests: string[] = [];
  const complaints: string[] = [];
  page.on("request", (request) => void requests.push(request.url()));
  page.on("console", (message) => void complaints.push(message.text()));
  page.on("pageerror", (error) => void complaints.push(error.message));
  await page.goto(url);
  return { page, requests, complaints };
}

/** Waits until the page's title says so. */
export function titleSays(page: Page, text: string): Promise<void> {
  const title = page.getByRole("heading", { level: 1 });
  return expect.poll(() => title.textContent(), { timeout: limitMs, interval: 100 }).toBe(text);
}

type Violation = { readonly id: string; readonly nodes: readonly { readonly html: string }[] };

/** What axe finds; it is evaluated, and not loaded, because the page's policy forbids every script but its own. */
export async function complaintsOfAxe(page: Page | Frame): Promise<readonly string[]> {
  await page.evaluate(axeSource);
  const found = (await page.evaluate("axe.run()")) as { readonly violations: readonly Violation[] }; // axe's own form.
  return found.violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`);
}

/** How wide the page is when nothing is scrolled. */
export function widthOf(page: Page | Frame): Promise<number> {
  return page.evaluate(() => document.documentElement.scrollWidth);
}

/** The colour that everything lies on, as a screen has it: in whatever way it is written. */
export function groundOf(page: Page | Frame): Promise<string> {
  return page.evaluate(() => {
    const canvas = document.createElement("canvas").getContext("2d");
    if (canvas === null) return "no canvas";
    canvas.fillStyle = getComputedStyle(document.body).backgroundColor;
    canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data].join(" ");
  });
}
