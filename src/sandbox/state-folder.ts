/** The state folder: known by a mark, so that nothing of anybody else's is ever removed or mixed up with ours. */
import { mkdir, readdir, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Failure } from "../core/kernel/failure.ts";

const markName = ".sovereign-state";
const markText = "Everything in this folder belongs to a sandbox of Sovereign: `npm run up`.\n";

/** Makes the folder, or takes it when it is ours; fails with ConfigInvalid when it holds something else. */
export async function openState(state: string): Promise<void> {
  await mkdir(state, { recursive: true, mode: 0o755 });
  if (await isOurs(state)) return;
  if ((await readdir(state)).length > 0) throw notOurs(state);
  await writeFile(join(state, markName), markText);
}

/** Throws the old state away; the caller made sure that nothing runs in it. */
export async function removeState(state: string): Promise<void> {
  const entries = await readdir(state).catch(() => []); // Not there: nothing to throw away.
  if (entries.length === 0) return;
  if (!(await isOurs(state))) throw notOurs(state);
  for (const entry of entries.filter((name) => name !== markName))
    await rm(join(state, entry), { recursive: true, force: true });
}

async function isOurs(state: string): Promise<boolean> {
  try {
    return (await stat(join(state, markName))).isFile();
  } catch {
    return false; // No mark.
  }
}

function notOurs(state: string): Failure {
  return new Failure(
    "ConfigInvalid",
    "This folder is not empty and is no sandbox's state folder.",
    {
      where: state,
      field: "--state",
      remedy: "Choose a new or empty folder.",
    },
  );
}
