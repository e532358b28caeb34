/**
 * Where the regions' PostgreSQL data lie: in the state folder, or, when we are root and PostgreSQL's user can not come in there, in
 * a folder of root's that it can enter. PostgreSQL runs as nobody then, because it refuses to run as root.
 */
import { createHash } from "node:crypto";
import { statSync } from "node:fs";
import { rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { isRoot } from "./servers/server-process.ts";

const otherPlace = "/var/lib/sovereign-sandbox";

/** Folder of all data of the sandbox of this state folder; the regions' are `1` and `2` in it. */
export function postgresPlace(state: string): string {
  if (!isRoot() || othersMayEnter(state)) return join(state, "postgres");
  return join(otherPlace, createHash("sha256").update(state).digest("hex").slice(0, 16));
}

/** The data folder of a region, by its number from 1. */
export function dataFolderOf(state: string, slot: number): string {
  return join(postgresPlace(state), String(slot), "data");
}

/** Takes away what lies outside of the state folder; what is in it goes with it. */
export async function removePostgresPlace(state: string): Promise<void> {
  const place = postgresPlace(state);
  if (place.startsWith(`${otherPlace}/`)) await rm(place, { recursive: true, force: true });
}

/** Whether every folder on the way lets anybody pass. */
function othersMayEnter(folder: string): boolean {
  const parent = dirname(folder);
  try {
    if ((statSync(folder).mode & 0o001) === 0) return false;
  } catch {
    return true; // Not made yet: it will be ours, and open.
  }
  return parent === folder || othersMayEnter(parent);
}
