/** A Git repository as a source, against the real git. */
import { execFileSync } from "node:child_process";
import {
  mkdir,
  mkdtemp,
  readdir,
  rename,
  rm,
  symlink,
  truncate,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { gitSource } from "../../src/adapters/sources/git.ts";
import { type SourceWorld, sourceContract } from "../contract/source.ts";

type GitWorld = SourceWorld & {
  readonly base: string;
  readonly repository: string;
  readonly cache: string;
  git(...args: readonly string[]): string;
};

async function makeGitWorld(): Promise<GitWorld> {
  const base = await mkdtemp(join(tmpdir(), "sovereign-git-"));
  const repository = join(base, "documents");
  const cache = join(base, "cache");
  const identity = ["-c", "user.name=Test", "-c", "user.email=test@sovereign.test"];
  const git = (...args: readonly string[]): string =>
    execFileSync("git", ["-C", repository, ...identity, ...args], { encoding: "utf8" }).trim();
  await mkdir(repository);
  git("init", "--quiet", "--initial-branch=main");
  return {
    base,
    repository,
    cache,
    git,
    source: gitSource({ repository, branch: "main", cache }),
    async publish(files) {
      for (const name of await readdir(repository)) {
        if (name !== ".git") await rm(join(repository, name), { recursive: true });
      }
      for (const [path, text] of Object.entries(files)) {
        await mkdir(dirname(join(repository, path)), { recursive: true });
        await writeFile(join(repository, path), text);
      }
      git("add", "--all");
      if (git("status", "--porcelain") !== "") git("commit", "--quiet", "--message=Change");
    },
    async goAway() {
      await rename(repository, `${repository}-away`);
    },
    async comeBack() {
      await rename(`${repository}-away`, repository);
    },
    async close() {
      await rm(base, { recursive: true, force: true });
    },
  };
}

sourceContract("a Git repository", makeGitWorld);

let world: GitWorld;
beforeEach(async () => {
  world = await makeGitWorld();
});
afterEach(async () => {
  await world.close();
});

test("the revision is the commit; edits that are not committed, and other branches, are not seen", async () => {
  await world.publish({ "a.yaml": "a: 1\n" });
  await writeFile(join(world.repository, "a.yaml"), "a: 2\n");
  world.git("branch", "other");
  const snapshot = await world.source.read();
  expect(snapshot.revision).toBe(world.git("rev-parse", "HEAD"));
  expect(snapshot.documents.map(({ value }) => value)).toEqual([{ a: 1 }]);
});

test("a branch that is missing is named; when it goes away, the last good commit goes on", async () => {
  await expect(world.source.read()).rejects.toThrow(/main .* there is no such branch/);
  await world.publish({ "a.yaml": "a: 1\n" });
  const { revision } = await world.source.read();
  world.git("branch", "--move", "main", "trunk");
  const snapshot = await world.source.read();
  expect(snapshot).toMatchObject({ revision, stale: { code: "SourceUnavailable" } });
  expect(snapshot.stale?.message).toMatch(/no such branch/);
});

test("after a restart with the repository away, the copy on disk goes on", async () => {
  await world.publish({ "a.yaml": "a: 1\n" });
  const { revision } = await world.source.read();
  await world.goAway();
  const { repository, cache } = world;
  const restarted = gitSource({ repository, branch: "main", cache });
  const snapshot = await restarted.read();
  expect(snapshot).toMatchObject({ revision, stale: { code: "SourceUnavailable" } });
  expect(snapshot.documents.length).toBe(1);
  const another = gitSource({ repository, branch: "other", cache });
  await expect(another.read()).rejects.toMatchObject({ code: "SourceUnavailable" });
});

test("history that was rewritten is followed", async () => {
  await world.publish({ "a.yaml": "a: 1\n" });
  await world.source.read();
  await writeFile(join(world.repository, "a.yaml"), "a: 2\n");
  world.git("commit", "--quiet", "--all", "--amend", "--message=Rewritten");
  const snapshot = await world.source.read();
  expect(snapshot.stale).toBeUndefined();
  expect(snapshot.documents.map(({ value }) => value)).toEqual([{ a: 2 }]);
});

async function filesBelow(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name));
}

test.each(["objects", "HEAD", "config", "refs"])(
  "a copy whose %s is broken is rebuilt, by a running program and by a new one",
  async (part) => {
    await world.publish({ "a.yaml": "a: 1\n" });
    await world.source.read();
    for (const running of [true, false]) {
      const files = (await filesBelow(world.cache)).filter((file) => file.includes(`.git/${part}`));
      expect(files.length).toBeGreaterThan(0);
      for (const file of files) {
        await rm(file);
        await writeFile(file, "broken");
      }
      await world.publish({ "a.yaml": `a: ${running}\n` });
      const { repository, cache } = world;
      const source = running ? world.source : gitSource({ repository, branch: "main", cache });
      const snapshot = await source.read();
      expect(snapshot.stale).toBeUndefined();
      expect(snapshot.documents.map(({ value }) => value)).toEqual([{ a: running }]);
    }
  },
);

test("a broken copy does not take the last good documents away while the repository is away", async () => {
  await world.publish({ "a.yaml": "a: 1\n" });
  await world.source.read();
  await world.goAway();
  for (const file of await filesBelow(world.cache)) {
    await rm(file);
    await writeFile(file, "");
    await truncate(file, 0);
  }
  const snapshot = await world.source.read();
  expect(snapshot.documents.length).toBe(1);
  expect(snapshot.stale).toMatchObject({ code: "SourceUnavailable" });
  await world.comeBack();
  expect((await world.source.read()).stale).toBeUndefined();
});

test("hooks are not run, not even those that lie in the copy", async () => {
  await world.publish({ "a.yaml": "a: 1\n" });
  await world.source.read();
  const mark = join(world.base, "mark");
  for (const copy of await readdir(world.cache)) {
    const hooks = join(world.cache, copy, "hooks");
    await mkdir(hooks, { recursive: true });
    const hook = join(hooks, "reference-transaction");
    await writeFile(hook, `#!/bin/sh\ntouch '${mark}'\n`, { mode: 0o755 });
  }
  await world.publish({ "a.yaml": "a: 2\n" });
  expect((await world.source.read()).stale).toBeUndefined();
  expect(await readdir(world.base)).not.toContain("mark");
});

test("a link in Git is a problem", async () => {
  await world.publish({ "a.yaml": "a: 1\n" });
  await symlink("/etc/hostname", join(world.repository, "link.yaml"));
  world.git("add", "--all");
  world.git("commit", "--quiet", "--message=Link");
  const { documents, problems } = await world.source.read();
  expect(documents.map(({ file }) => file)).toEqual(["a.yaml"]);
  expect(problems).toMatchObject([{ file: "link.yaml", reason: "FileUnreadable" }]);
});

test("names that look like options are names", async () => {
  await world.publish({ "a.yaml": "a: 1\n" });
  const mark = join(world.base, "mark");
  const { cache } = world;
  const repository = `--upload-pack=touch ${mark}`;
  await expect(gitSource({ repository, branch: "main", cache }).read()).rejects.toMatchObject({
    code: "SourceUnavailable",
  });
  expect(await readdir(world.base)).not.toContain("mark");
  const ext = gitSource({ repository: `ext::touch ${mark}`, branch: "main", cache });
  await expect(ext.read()).rejects.toMatchObject({ code: "SourceUnavailable" });
  expect(await readdir(world.base)).not.toContain("mark");
  for (const branch of ["--help", "", "a..b", "a b", "x.lock", "-"]) {
    expect(() => gitSource({ repository: world.repository, branch, cache }), branch).toThrow(
      /not the name of a branch/,
    );
  }
});

test.each([
  ["a password", "https://robot:hunter2@git.sovereign.test/documents.git"],
  ["a token", "https://hunter2@git.sovereign.test/documents.git"],
])("%s in a URL is refused and not repeated", (_what, repository) => {
  let message = "";
  try {
    gitSource({ repository, branch: "main", cache: world.cache });
  } catch (thrown) {
    message = JSON.stringify(thrown) + String(thrown);
  }
  expect(message).toMatch(/holds a credential/);
  expect(message).not.toMatch(/hunter2/);
});
