/** The Git work tree of the documents: made once, kept for good; what a user committed is never overwritten. */
import { mkdir, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { Failure } from "../core/kernel/failure.ts";
import { sandboxDocuments, sovereignDocument, sovereignFile } from "./documents.ts";
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

/**
 * Makes the repository when there is none, and moves its Sovereign to changed settings.
 * Fails with ConfigInvalid when they changed but the Sovereign is no longer as the sandbox wrote it.
 */
export async function prepareDocuments(
  git: string,
  layout: SandboxLayout,
  settings: SandboxSettings,
  before: SandboxSettings | undefined,
): Promise<void> {
  const run = (...args: string[]): Promise<string> =>
    programOutput(git, ["-c", "core.hooksPath=/dev/null", ...args], {
      cwd: layout.documents,
      env: gitEnvironment(),
    });
  if (!(await hasCommit(git, layout.documents))) {
    // Without a commit nothing of a user can be in it: a first start that was cut short.
    await rm(layout.documents, { recursive: true, force: true });
    for (const { file, text } of sandboxDocuments(layout, settings.ttlSeconds)) {
      await mkdir(dirname(join(layout.documents, file)), { recursive: true });
      await writeFile(join(layout.documents, file), text);
    }
    await run("init", "--quiet", "--initial-branch=main");
    await identifyUser(git, layout.documents, run);
    await run("add", "--all");
    await run("commit", "--quiet", "--message=Two regions and three Applications");
    return;
  }
  if (before === undefined) return;
  const { text } = sovereignDocument(layout, settings.ttlSeconds);
  const old = sovereignDocument(sandboxLayout(layout.state, before.base), before.ttlSeconds).text;
  if (text === old) return;
  const committed = await run("show", `HEAD:${sovereignFile}`).catch(() => ""); // The user removed it.
  if (committed === text) return;
  const edited = await run("status", "--porcelain", "--", sovereignFile);
  if (committed !== old || edited !== "") throw changedByUser(layout, before);
  await writeFile(join(layout.documents, sovereignFile), text);
  await run(
    "commit",
    "--quiet",
    "--message=Follow the sandbox's new settings",
    "--",
    sovereignFile,
  );
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
