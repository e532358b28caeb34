import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { ownFolder } from "../../../test/for-one-test.ts";
import { scriptedLedger } from "../../../test/integration/ledger-sample.ts";
import { systemClock } from "../../adapters/clock.ts";
import { sha256 } from "../../adapters/journal/sha256.ts";
import { readReport, writeReport } from "../../adapters/reports/report-folder.ts";
import { begunGamedays } from "../../adapters/reports/report-forms.ts";
import { readSigned, signingKey } from "../../adapters/reports/signed-file.ts";
import { type Gameday, gamedaySchema } from "../../core/drill/gameday.ts";
import type { LedgerKind } from "../../core/drill/ledger-kinds.ts";
import { makeLedgerReport } from "../../core/drill/ledger-report.ts";
import { Failure } from "../../core/kernel/failure.ts";
import { renderLedgerHtml } from "./html/render-ledger-html.ts";
import { refusal } from "./plan-drill.ts";
import { checkReports, runGameday, unendedGameday } from "./run-gameday.ts";

type Script = Partial<Record<LedgerKind, "lost" | "notWhole" | "refused" | "cancelled">>;
const kinds: readonly LedgerKind[] = ["region-kill", "region-hang", "returning-region"];
const begun: Gameday = {
  version: 1,
  id: "gameday-mi6x1k9q20a7",
  startedAt: "2026-11-21T02:41:00.000Z",
  endedAt: null,
  profile: "fast",
  kinds: [...kinds],
  steps: [],
};

/** A day in a folder of its own, whose drills go as the script says; `asked` are the drills that were begun. */
async function world() {
  const reports = await ownFolder();
  const key = await signingKey(join(reports, "key.pem"), true);
  const asked: LedgerKind[] = [];
  const recorded: Readonly<Record<string, string>>[] = [];
  const record = async (data: (typeof recorded)[number]) => recorded.push(data);
  const run = (script: Script, from: Gameday = begun) =>
    runGameday(
      {
        ...{ clock: systemClock, reports, key, progress: () => undefined, record },
        drill: async (kind) => {
          asked.push(kind);
          const wish = script[kind];
          if (wish === "refused") throw refusal("it is not offered", kind);
          if (wish === "cancelled") throw new Failure("Cancelled", "The drill was stopped.");
          const facts = scriptedLedger({ kind, lost: wish === "lost" ? 1 : 0 });
          const wholeAgain =
            wish === "notWhole"
              ? { afterMs: null, missing: ["it is not armed"] }
              : facts.wholeAgain;
          const id = `ledger-0000000${kinds.indexOf(kind)}`;
          const report = makeLedgerReport({ ...facts, id, wholeAgain });
          return { report, files: await writeReport(reports, report, renderLedgerHtml(report)) };
        },
      },
      from,
    );
  return { reports, asked, recorded, run };
}

describe("a game day", () => {
  test("stops at the first unsafe state, and is over", async () => {
    const { asked, run, reports } = await world();
    const { gameday } = await run({ "region-hang": "lost" });
    expect(asked).toEqual(["region-kill", "region-hang"]);
    expect(gameday.steps.map(({ result }) => result)).toEqual(["passed", "unsafe"]);
    expect(await unendedGameday(reports)).toBeUndefined();
  });

  test("stops where something is not as before, and goes on from there", async () => {
    const { asked, run, reports } = await world();
    await run({ "region-kill": "notWhole" });
    expect(asked).toEqual(["region-kill"]);
    const unended = await unendedGameday(reports);
    expect(unended?.steps).toHaveLength(1);
    const { gameday } = await run({}, unended);
    expect(asked).toEqual([...kinds]);
    expect(gameday.endedAt).not.toBeNull();
  });

  test("that is stopped in the middle keeps what was done", async () => {
    const { run, reports } = await world();
    await expect(run({ "region-hang": "cancelled" })).rejects.toMatchObject({ code: "Cancelled" });
    expect(
      (await readReport(reports, begunGamedays, begun.id)).steps.map(({ kind }) => kind),
    ).toEqual(["region-kill"]);
  });

  test("tells what was refused as not done, and goes on", async () => {
    const { asked, run } = await world();
    const { gameday } = await run({ "region-kill": "refused" });
    expect(asked).toEqual([...kinds]);
    expect(gameday.steps[0]).toMatchObject({ result: "notDone", because: ["It is not offered."] });
  });

  test("is signed, and so are its reports: one that is changed is found", async () => {
    const { run, reports, recorded } = await world();
    const { json, html, fingerprint } = await run({});
    const signed = await readSigned(json);
    expect(signed.fingerprint).toBe(fingerprint);
    expect(recorded).toEqual([
      {
        ...{ gameday: begun.id, verdict: "passed", key: fingerprint },
        reportSha256: sha256(signed.text),
        pageSha256: sha256(await readFile(html, "utf8")),
      },
    ]);
    const day = gamedaySchema.parse(JSON.parse(signed.text));
    expect(await checkReports(reports, day)).toEqual({ same: 3, absent: 0 });
    await rm(join(reports, "ledger-00000000"), { recursive: true });
    expect(await checkReports(reports, day)).toEqual({ same: 2, absent: 1 });
    const file = join(reports, "ledger-00000001", "report.json");
    await writeFile(file, `${await readFile(file, "utf8")} `);
    await expect(checkReports(reports, day)).rejects.toMatchObject({ code: "SignatureInvalid" });
  });

  test("that never was is not found, and neither is a path", async () => {
    const { reports } = await world();
    for (const id of ["gameday-00000000", "../x"])
      await expect(readReport(reports, begunGamedays, id)).rejects.toMatchObject({
        code: "NotFound",
      });
    expect(await unendedGameday(join(reports, "none"))).toBeUndefined();
  });
});
