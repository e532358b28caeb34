/** The Git work tree of the documents: made once, kept for good; what a user committed is never overwritten. */
import { mkdir, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { Failure } from "../core/kernel/failure.ts";
import {
  ledgerDocuments,
  type SandboxPerson,
  sandboxDocuments,
  sovereignDocument,
  sovereignFile,
} from "./documents.ts";
import { type SandboxLayout, sandboxLayout } from "./layout.ts";
import { programOutput, runProgram } from "./run-program.ts";
import type { SandboxSettings } from "./settings.ts";

const identity = { name: "Sovereign sandbox", email: "sandbox@sovereign.test" };

/** Git as we run it: our identity, nothing of the user's configuration, hooks or surrounding repository. */
function gitEnvironment(): NodeJS.ProcessEnv {
  const own = Object.entries(process.env).filter(([name]) => !name.startsWith("GIT_"));
  return {
    ...Object.fromEntries(own),
    GIT_CONFIG_GLOBAL: "/dev/null",
    GIT_CONFIG_NOSYSTEM: "1",
    GIT_AUTHOR_NAME: identity.name,
    GIT_AUTHOR_EMAIL: identity.email,
    GIT_COMMITTER_NAME: identity.name,
    GIT_COMMITTER_EMAIL: identity.email,
  };
}

export type DocumentFacts = {
  readonly settings: SandboxSettings;
  /** Those of the last start, when there was one. */
  readonly before: SandboxSettings | undefined;
  readonly people: readonly SandboxPerson[];
};

/**
 * Makes the repository when there is none, moves its Sovereign to changed settings, and adds the ledger to one that is older than it.
 * Fails with ConfigInvalid when there is something to change but the Sovereign is no longer as the sandbox wrote it.
 */
export async function prepareDocuments(
  git: string,
  layout: SandboxLayout,
  { settings, before, people }: DocumentFacts,
): Promise<void> {
  const run = (...args: string[]): Promise<string> =>
    programOutput(git, ["-c", "core.hooksPath=/dev/null", ...args], {
      cwd: layout.documents,
      env: gitEnvironment(),
    });
  if (!(await hasCommit(git, layout.documents))) {
    // Without a commit nothing of a user can be in it: a first start that was cut short.
    await rm(layout.documents, { recursive: true, force: true });
    for (const { file, text } of sandboxDocuments(layout, settings.ttlSeconds, people))
      await writeDocument(layout, file, text);
    await run("init", "--quiet", "--initial-branch=main");
    await identifyUser(git, layout.documents, run);
    await run("add", "--all");
    await run(
      "commit",
      "--quiet",
      "--message=Two regions, four Applications, and a ledger that fails over",
    );
    return;
  }
  if (before === undefined) return;
  const { text } = sovereignDocument(layout, settings.ttlSeconds, people);
  const layoutBefore = sandboxLayout(layout.state, before.base);
  const old = sovereignDocument(layoutBefore, before.ttlSeconds, people).text;
  const committed = await run("show", `HEAD:${sovereignFile}`).catch(() => ""); // The user removed it.
  // Sandboxes had no agents once, and so no witness, no people and no ledger.
  const isOlder = committed === sovereignDocument(layoutBefore, before.ttlSeconds, []).text;
  if (committed === text || (text === old && !isOlder)) return;
  const edited = await run("status", "--porcelain", "--", sovereignFile);
  if ((committed !== old && !isOlder) || edited !== "") throw changedByUser(layout, before);
  const added = isOlder ? ledgerDocuments(layout) : [];
  const files = [{ file: sovereignFile, text }, ...added];
  for (const one of files) await writeDocument(layout, one.file, one.text);
  const names = files.map(({ file }) => file);
  const message = isOlder ? "Add the ledger" : "Follow the sandbox's new settings";
  await run("add", "--", ...names);
  await run("commit", "--quiet", `--message=${message}`, "--", ...names);
}

async function writeDocument(layout: SandboxLayout, file: string, text: string): Promise<void> {
  const path = join(layout.documents, file);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, text);
}

function changedByUser(layout: SandboxLayout, before: SandboxSettings): Failure {
  return new Failure(
    "ConfigInvalid",
    `${sovereignFile} was changed by hand, so it can not follow a new --base or --ttl.`,
    {
      where: join(layout.documents, sovereignFile),
      remedy: `Start with --base ${before.base} --ttl ${before.ttlSeconds}s as before, or with --fresh to throw the old state away.`,
    },
  );
}

async function hasCommit(git: string, folder: string): Promise<boolean> {
  const env = { ...gitEnvironment(), GIT_CEILING_DIRECTORIES: dirname(folder) };
  const found = await runProgram(git, ["-C", folder, "rev-parse", "--verify", "--quiet", "HEAD"], {
    env,
  });
  return found.exitCode === 0;
}

/** A user without an identity of their own could not commit; this repository then lends them one. */
async function identifyUser(
  git: string,
  cwd: string,
  run: (...args: string[]) => Promise<string>,
): Promise<void> {
  const known = await runProgram(git, ["config", "user.email"], { cwd });
  if (known.exitCode === 0) return;
  await run("config", "user.name", identity.name);
  await run("config", "user.email", identity.email);
}
