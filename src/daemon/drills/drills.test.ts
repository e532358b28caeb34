import { appendFile, cp, mkdir, readFile, rename, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { ownFolder } from "../../../test/for-one-test.ts";
import { type ReportShelf, reportShelf } from "../../../test/integration/drill-shelf.ts";
import { sha256 } from "../../adapters/journal/sha256.ts";
import type { DrillsView } from "../../core/view/drills-view.ts";
import { makeDrillShelf } from "./drill-shelf.ts";
import { makeDrillsApp } from "./drills-app.ts";

const facts = { cluster: "hz-fsn-rtz-prod", version: "1", nowMs: () => 7 };
const id = "ledger-00000001";

async function world() {
  const shelf = await reportShelf(await ownFolder());
  const app = makeDrillsApp(makeDrillShelf(shelf, facts));
  const json = async (path: string) => {
    const response = await app.request(path);
    // Ours; each test says what it has to be.
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  };
  const list = async (): Promise<DrillsView> => (await json("/")).body as DrillsView; // Ours.
  return { shelf, app, json, list };
}

/** What is wrong with the one report of a shelf, and that nothing of it is given to anybody. */
async function doubtOf(change: (shelf: ReportShelf, file: string) => Promise<unknown>) {
  const { shelf, app, list, json } = await world();
  const { json: file } = await shelf.ledger(id);
  expect((await list()).drills[0]?.evidence.kind).toBe("genuine");
  await change(shelf, file);
  const [drill] = (await list()).drills;
  const one = await json(`/${id}`);
  expect(one.body).toEqual(drill);
  expect(drill?.summary).toBeNull();
  for (const name of ["report.json", "page.html"]) {
    const refused = await app.request(`/${id}/${name}`);
    expect(refused.status).toBe(422);
    expect(refused.headers.get("content-type")).toContain("application/json");
    expect(await refused.text()).not.toContain("acknowledged");
  }
  return drill?.evidence;
}

describe("a report is not shown", () => {
  test("when one byte of it was changed, also after it was looked at, and with the same length", async () => {
    const evidence = await doubtOf(async (_, file) => {
      const text = await readFile(file, "utf8");
      await writeFile(file, text.replace('"lost": 0', '"lost": 1'));
    });
    expect(evidence).toMatchObject({
      kind: "changed",
      because: expect.stringContaining("report.json has the SHA-256"),
    });
  });

  test("when its page was changed", async () => {
    const evidence = await doubtOf((_, file) =>
      appendFile(file.replace("report.json", "report.html"), "<p>All is well.</p>"),
    );
    expect(evidence).toMatchObject({
      kind: "changed",
      because: expect.stringContaining("report.html"),
    });
  });

  test("when nobody put its hash on record, or no longer can be asked", async () => {
    const gone = await doubtOf(({ journal }) => rm(journal, { recursive: true }));
    expect(gone).toMatchObject({ kind: "unrecorded" });
    const corrupt = await doubtOf(async ({ journal }) => {
      const file = join(journal, `${"1".padStart(20, "0")}.ndjson`);
      const text = await readFile(file, "utf8");
      await writeFile(file, text.replace('"verdict":"passed"', '"verdict":"unsafe"'));
    });
    expect(corrupt).toMatchObject({
      kind: "unrecorded",
      because: expect.stringContaining("journal"),
    });
  });

  test("when it is one of another version, though its hash is on record", async () => {
    const evidence = await doubtOf(async ({ record }, file) => {
      await writeFile(file, "{}");
      const page = await readFile(file.replace("report.json", "report.html"), "utf8");
      const data = { drill: id, reportSha256: sha256("{}"), pageSha256: sha256(page) };
      await record({ type: "drill.finished", data });
    });
    expect(evidence).toMatchObject({ kind: "unreadable" });
  });

  test("when it is a link, or in a linked folder, whatever that leads to", async () => {
    const linked = await doubtOf(async (_, file) => {
      await rename(file, `${file}.elsewhere`);
      await symlink(`${file}.elsewhere`, file);
    });
    expect(linked).toMatchObject({ kind: "unreadable", because: expect.stringContaining("link") });
    const folder = await doubtOf(async ({ reports }) => {
      const elsewhere = join(reports, "..", "elsewhere");
      await cp(join(reports, id), elsewhere, { recursive: true });
      await rm(join(reports, id), { recursive: true });
      await symlink(elsewhere, join(reports, id));
    });
    expect(folder).toMatchObject({ kind: "unreadable" });
  });

  test("when its page is missing", async () => {
    const evidence = await doubtOf((_, file) => rm(file.replace("report.json", "report.html")));
    expect(evidence).toMatchObject({
      kind: "unreadable",
      because: "report.html: it is not there.",
    });
  });

  test("when the signature of a game day is another's or is gone", async () => {
    const { shelf, list } = await world();
    const { signatureFile } = await shelf.gameday("gameday-00000009", id);
    expect((await list()).drills[0]).toMatchObject({ evidence: { kind: "genuine" } });
    await writeFile(signatureFile, "{}");
    expect((await list()).drills[0]).toMatchObject({
      evidence: { kind: "changed" },
      summary: null,
    });
    await rm(signatureFile);
    expect((await list()).drills[0]).toMatchObject({ evidence: { kind: "changed" } });
  });
});

describe("nothing else of any folder is served", () => {
  test.each([
    "/..%2f..%2fsecret",
    "/%2e%2e%2f%2e%2e",
    "/../journal",
    `/${id}%2f..%2f..%2fsecret`,
    `/${id}/writes.ndjson`,
    `/${id}/report.html`,
    `/${id}/..%2freport.json`,
    "/ledger-99999999",
    "/ledger-99999999/page.html",
    "/ledger-0000000A",
    "/__proto__",
    "/constructor/report.json",
  ])("GET /v1/drills%s is not there", async (path) => {
    const { shelf, app } = await world();
    await shelf.ledger(id);
    await writeFile(join(shelf.reports, "secret"), "nobody's business");
    await writeFile(join(shelf.reports, id, "writes.ndjson"), "nobody's business");
    const response = await app.request(path);
    expect(response.status).toBe(404);
    expect(await response.text()).not.toContain("business");
  });
});

describe("what is genuine", () => {
  test("is listed newest first, whatever its form, with verdict, RTO and losses", async () => {
    const { shelf, list } = await world();
    await shelf.drill("drill-00000002");
    await shelf.gameday("gameday-00000003", "ledger-00000004");
    await shelf.ledger(id, { lost: 3 });
    await mkdir(join(shelf.reports, "ledger-00000005"));
    const view = await list();
    expect(view.drills.map((drill) => [drill.id, drill.summary?.kind])).toEqual([
      ["ledger-00000004", "region-kill"],
      ["gameday-00000003", "game day"],
      ["drill-00000002", "region-kill"],
      [id, "region-kill"],
    ]);
    expect(view).toMatchObject({ configured: true, total: 4, atMs: 7, control: { version: "1" } });
    expect(view.drills[3]?.summary).toMatchObject({ verdict: "unsafe", losses: { lost: 3 } });
    expect(view.drills[1]?.summary?.signedBy).toMatch(/^[0-9a-f]{64}$/);
  });

  test("is served as the bytes that were written, under a policy by which nothing runs or is loaded", async () => {
    const { shelf, app } = await world();
    const files = await shelf.ledger(id);
    const report = await app.request(`/${id}/report.json`);
    expect(sha256(await report.text())).toBe(files.sha256);
    expect(report.headers.get("x-content-type-options")).toBe("nosniff");
    const page = await app.request(`/${id}/page.html`);
    expect(sha256(await page.text())).toBe(files.pageSha256);
    const policy = page.headers.get("content-security-policy") ?? "";
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("frame-ancestors 'self'");
    expect(policy).toMatch(/; sandbox allow-same-origin$/);
    expect(policy).not.toContain("script");
    expect(page.headers.get("cache-control")).toBe("no-store");
  });
});

test("without folders there is nothing, and it says so", async () => {
  const app = makeDrillsApp(makeDrillShelf(undefined, facts));
  expect(await (await app.request("/")).json()).toMatchObject({ configured: false, drills: [] });
  expect((await app.request(`/${id}`)).status).toBe(404);
});

test("folders that are not there yet are no reports", async () => {
  const folder = await ownFolder();
  const nowhere = { reports: join(folder, "reports"), journal: join(folder, "journal") };
  const app = makeDrillsApp(makeDrillShelf(nowhere, facts));
  expect(await (await app.request("/")).json()).toMatchObject({ configured: true, total: 0 });
});
