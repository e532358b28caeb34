import { execFileSync } from "node:child_process";
import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { sourceContract } from "../../../test/contract/source.ts";
import { folderSource } from "./folder.ts";

async function write(root: string, files: Readonly<Record<string, string>>): Promise<void> {
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), text);
  }
}

sourceContract("a folder", async () => {
  const base = await mkdtemp(join(tmpdir(), "sovereign-folder-"));
  const root = join(base, "documents");
  return {
    source: folderSource({ path: root }),
    async publish(files) {
      await rm(root, { recursive: true, force: true });
      await write(root, files);
    },
    async goAway() {
      await rename(root, `${root}-away`).catch(() => undefined); // It may never have been there.
    },
    async comeBack() {
      await rename(`${root}-away`, root);
    },
    async close() {
      await rm(base, { recursive: true, force: true });
    },
  };
});

let root = "";
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "sovereign-folder-"));
});
afterEach(async () => {
  await rm(root, { recursive: true, force: true });
});

test("a folder that does not exist, and a file in its place, are named in the failure", async () => {
  const missing = folderSource({ path: join(root, "missing") });
  await expect(missing.read()).rejects.toThrow(/missing can not be read: it does not exist/);
  await write(root, { file: "x" });
  const file = folderSource({ path: join(root, "file") });
  await expect(file.read()).rejects.toThrow(/not a folder/);
});

test("a link that leaves the folder, leads nowhere or to a folder is a problem; one inside is followed", async () => {
  await write(root, {
    "in/data.txt": "a: 1\n",
    "in/sub/x.yaml": "b: 2\n",
    "outside.yaml": "c: 3\n",
  });
  await symlink("data.txt", join(root, "in/inside.yaml"));
  await symlink("data.txt", join(root, "in/not-yaml"));
  await symlink("../outside.yaml", join(root, "in/leaves.yaml"));
  await symlink("gone.yaml", join(root, "in/nowhere.yaml"));
  await symlink("sub", join(root, "in/folder"));
  const { documents, problems } = await folderSource({ path: join(root, "in") }).read();
  expect(documents.map(({ file, value }) => [file, value])).toEqual([
    ["inside.yaml", { a: 1 }],
    ["sub/x.yaml", { b: 2 }],
  ]);
  expect(problems.map(({ file, reason }) => `${file} ${reason}`)).toEqual([
    "folder FileUnreadable",
    "leaves.yaml FileUnreadable",
    "nowhere.yaml FileUnreadable",
  ]);
});

test("dotted names and other files are none of ours; a pipe named like YAML does not stop the reading", async () => {
  await write(root, { ".git/x.yaml": "a: 1\n", ".y.yaml": "b: 1\n", "README.md": "# c\n" });
  await write(root, { "good.yaml": "d: 1\n" });
  execFileSync("mkfifo", [join(root, "pipe.yaml")]);
  const { documents, problems } = await folderSource({ path: root }).read();
  expect(documents.map(({ file }) => file)).toEqual(["good.yaml"]);
  expect(problems).toMatchObject([{ file: "pipe.yaml", reason: "FileUnreadable" }]);
});
