import { execFileSync } from "node:child_process";
import { mkdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ownFolder } from "../../../test/for-one-test.ts";
import { readInside } from "./read-inside.ts";

/** A folder `inside` with a report, beside a file that is nobody's business. */
async function world(): Promise<string> {
  const root = await ownFolder();
  await writeFile(join(root, "secret.json"), "secret");
  await mkdir(join(root, "inside", "drill-1"), { recursive: true });
  await writeFile(join(root, "inside", "drill-1", "report.json"), "{}");
  await symlink("../../secret.json", join(root, "inside", "drill-1", "link.json"));
  await symlink("..", join(root, "inside", "up"));
  await symlink("drill-1", join(root, "inside", "drill-2"));
  await mkdir(join(root, "inside", "drill-1", "folder.json"));
  execFileSync("mkfifo", [join(root, "inside", "drill-1", "pipe.json")]);
  return join(root, "inside");
}

test.each([
  [["..", "secret.json"]],
  [["drill-1", "../../secret.json"]],
  [["drill-1/../../secret.json"]],
  [["/etc/passwd"]],
  [["", "etc", "passwd"]],
  [["drill-1", "report.json\0"]],
  [["drill-1", "nothing.json"]],
  [["drill-3", "report.json"]],
  [["drill-1", "report.json", "more"]],
])("%j is not there", async (names) => {
  expect(await readInside(await world(), names, 100)).toEqual({ kind: "absent" });
});

test.each([
  [["drill-1", "link.json"], "it is a link to somewhere else"],
  [["up", "secret.json"], "it is a link to somewhere else"],
  [["drill-2", "report.json"], "it is a link to somewhere else"],
  [["drill-1", "folder.json"], "it is not a file"],
  [["drill-1", "pipe.json"], "it is not a file"],
])("%j is refused", async (names, because) => {
  expect(await readInside(await world(), names, 100)).toEqual({ kind: "refused", because });
});

test("a file is read up to its limit, and not beyond", async () => {
  const folder = await world();
  const names = ["drill-1", "report.json"];
  expect(await readInside(folder, names, 1)).toMatchObject({ kind: "refused" });
  const read = await readInside(folder, names, 2);
  expect(read).toEqual({ kind: "read", bytes: new Uint8Array(Buffer.from("{}")) });
});
