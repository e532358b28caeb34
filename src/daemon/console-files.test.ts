import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { makeConsoleApp, readConsoleFiles } from "./console-files.ts";
import { makeHttpApp } from "./http-app.ts";

const folder = mkdtempSync(join(tmpdir(), "sovereign-console-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
mkdirSync(join(folder, "assets"));
writeFileSync(join(folder, "page.html"), "<!doctype html>");
writeFileSync(join(folder, "assets", "page-1.js"), "1;");
writeFileSync(join(folder, "assets", "secret.key"), "secret");

test("the page and its files are served with their types, and only hashed names may be kept by caches", async () => {
  const app = makeConsoleApp(await readConsoleFiles(folder));
  const page = await app.request("/");
  expect(await page.text()).toBe("<!doctype html>");
  expect(page.headers.get("content-type")).toBe("text/html; charset=utf-8");
  expect(page.headers.get("cache-control")).toBe("no-cache");
  const script = await app.request("/assets/page-1.js");
  expect(script.headers.get("content-type")).toContain("text/javascript");
  expect(script.headers.get("cache-control")).toContain("immutable");
});

test.each(["/", "/drills", "/drills/ledger-00000001"])(
  "%s is a screen of the page, which only its own process may fill and nobody may frame",
  async (path) => {
    const app = makeConsoleApp(await readConsoleFiles(folder));
    const page = await app.request(path);
    expect(await page.text()).toBe("<!doctype html>");
    const policy = page.headers.get("content-security-policy");
    expect(policy).toContain("frame-src 'self'");
    expect(policy).toContain("frame-ancestors 'none'");
  },
);

test.each([
  "/assets/secret.key",
  "/assets/..%2f..%2fpackage.json",
  "/page.html",
  "/assets/",
  "/x",
  "/drills/a/b",
])("%s is not served", async (path) => {
  const app = makeConsoleApp(await readConsoleFiles(folder));
  expect((await app.request(path)).status).toBe(404);
});

test("a console that was not built says how to build it", async () => {
  const app = makeConsoleApp(await readConsoleFiles(join(folder, "nothing")));
  const response = await app.request("/");
  expect(response.status).toBe(503);
  expect(await response.text()).toContain("npm run build");
});

test("beside it the interface answers errors as JSON, and without it there is nothing at /", async () => {
  const facts = {
    status: () => ({}),
    metrics: { render: async () => "", contentType: "text/plain" },
    onFailure: () => undefined,
  };
  const app = makeHttpApp({ ...facts, console: await readConsoleFiles(folder) });
  expect(await (await app.request("/assets/nothing.js")).json()).toMatchObject({
    error: { code: "NotFound" },
  });
  const bare = makeHttpApp(facts);
  expect((await bare.request("/")).status).toBe(404);
  expect((await bare.request("/v1/topology")).status).toBe(404);
  expect((await bare.request("/v1/drills")).status).toBe(404);
});
