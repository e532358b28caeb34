/** What one server says of itself, in one row, and what that means for the agent (`core/failover/facts.ts`; facts of failover §2.3). */
import { z } from "zod";
import type { ServiceFacts } from "../../core/failover/facts.ts";
import { parseLsn, timelineOfWalFile } from "./lsn.ts";
import type { Ask } from "./postgres-sql.ts";
import { type Promotion, readPromotions } from "./promotions.ts";
import { serverRowSql } from "./server-row-sql.ts";
import { standbyNames } from "./settings-file.ts";

const rowShape = z.object({
  systemId: z.string(),
  /** Of this run of the server, in its own words. */
  startedAt: z.string(),
  recovering: z.boolean(),
  written: z.string().nullable(),
  flushed: z.string().nullable(),
  walFile: z.string().nullable(),
  received: z.string().nullable(),
  replayed: z.string().nullable(),
  timelines: z.array(z.number().nullable()),
  receiving: z.boolean(),
  behindSeconds: z.number().nullable(),
  /** Since anything was heard of the writer, while it is streamed from. */
  silentSeconds: z.number().nullable(),
  standbys: z.array(
    z.object({
      name: z.string(),
      state: z.string().nullable(),
      syncState: z.string().nullable(),
      flushed: z.string().nullable(),
    }),
  ),
  syncNames: z.string(),
  follows: z.boolean(),
  commits: z.string().nullable(),
  checkpointerIdle: z.boolean().nullable(),
  bypasses: z.array(
    z.object({
      role: z.string().nullable(),
      database: z.string().nullable(),
      setting: z.string(),
    }),
  ),
  settings: z.record(z.string(), z.string()),
  mayReplicate: z.boolean(),
  takesReplication: z.boolean(),
  takesOwnReplication: z.boolean(),
});

export type ServerRow = z.infer<typeof rowShape> & {
  /** Oldest first. */
  readonly promotions: readonly Promotion[];
};

const answerShape = z.tuple([z.object({ row: rowShape })]);

/** `replicator`: the user by whom the peer's server would stream from this one. */
export async function readServerRow(ask: Ask, replicator: string): Promise<ServerRow> {
  const [{ row }] = answerShape.parse(await ask(serverRowSql, [replicator]));
  return { ...row, promotions: await readPromotions(ask) };
}

export type Regions = { readonly region: string; readonly peerRegion: string };

export function lastPromotion({ promotions }: ServerRow): Promotion | null {
  return promotions.at(-1) ?? null;
}

/** Whether the peer's standby streams and has everything up to `position`. */
export function hasConfirmed(row: ServerRow, peerRegion: string, position: number | null): boolean {
  return row.standbys.some(
    ({ name, state, flushed }) =>
      name === peerRegion &&
      state === "streaming" &&
      position !== null &&
      (parseLsn(flushed) ?? -1) >= position,
  );
}

/** Who was promoted last writes, or would; without any promotion it is who follows nobody. */
export function roleOf(row: ServerRow, region: string): "writable" | "standby" {
  if (!row.recovering) return "writable";
  // What it streams is the peer's, whatever was promoted before.
  if (row.receiving) return "standby";
  const last = lastPromotion(row);
  if (last === null) return row.follows ? "standby" : "writable";
  return last.region === region ? "writable" : "standby";
}

export function timelineOf(row: ServerRow): number | null {
  const known = row.timelines.filter((timeline) => timeline !== null && timeline > 0);
  const newest = known.reduce<number | null>((most, one) => Math.max(most ?? 0, one ?? 0), null);
  return row.recovering ? newest : (timelineOfWalFile(row.walFile) ?? newest);
}

/** The end of what is written here, or was received. */
export function positionOf(row: ServerRow): number | null {
  if (!row.recovering) return parseLsn(row.written);
  const known = [parseLsn(row.received), parseLsn(row.replayed)].filter((one) => one !== null);
  return known.length === 0 ? null : Math.max(...known);
}

/** Whether commits wait for exactly this peer, by what is configured. */
export function commitsWait(row: ServerRow, peerRegion: string): boolean {
  const isAsked = row.syncNames === standbyNames(peerRegion, "required");
  // With one role whose commits do not wait, not every commit does.
  return isAsked && !isWeak(row.commits) && row.bypasses.length === 0;
}

export function isWeak(commits: string | null): boolean {
  return commits !== null && !["on", "remote_apply", "true", "yes", "1"].includes(commits);
}

/** `isConfirmed`: the peer had, within the limit, what was written when it was first asked; `isInForce`: the setting surely is. */
export function serviceFacts(
  name: string,
  row: ServerRow,
  regions: Regions,
  seen: { readonly isConfirmed: boolean; readonly isInForce: boolean },
): ServiceFacts {
  const role = roleOf(row, regions.region);
  const isWriter = role === "writable";
  return {
    name,
    role,
    sync: isWriter ? syncOf(row, regions.peerRegion, seen) : null,
    standbyReady: isWriter ? seen.isConfirmed && row.bypasses.length === 0 : null,
    position: positionOf(row),
    timeline: timelineOf(row),
    ...(isWriter ? {} : { lagMs: lagMsOf(row) }),
    ready: true,
  };
}

function syncOf(
  row: ServerRow,
  peerRegion: string,
  { isConfirmed, isInForce }: { readonly isConfirmed: boolean; readonly isInForce: boolean },
): ServiceFacts["sync"] {
  if (!commitsWait(row, peerRegion)) return "alone";
  const isSync = row.standbys.some(
    ({ name, syncState }) =>
      name === peerRegion && (row.recovering || syncState === "sync" || syncState === "quorum"),
  );
  if (!isConfirmed || !isSync) return "stalled";
  // Nobody knows for a moment after commits were told to wait.
  return isInForce ? "in_sync" : null;
}

/** A writer with nothing to send is asked after 2.5 s of `wal_receiver_timeout`, and answers; longer silence is none of its own. */
const quietSeconds = 3;

/**
 * The age of the newest commit that a copy has, by both machines' wall clocks: all that it misses is younger. 0 for one that has all that
 * it heard of. One that hears nobody can not know whether it misses anything, and its age grows; null while it saw no commit at all.
 */
function lagMsOf({ behindSeconds, silentSeconds, receiving }: ServerRow): number | null {
  const isSilent = silentSeconds !== null && silentSeconds > quietSeconds;
  if (behindSeconds === null && !isSilent) return receiving ? 0 : null;
  const seconds = Math.max(0, behindSeconds ?? 0, isSilent ? silentSeconds : 0);
  return Math.round(seconds * 1_000);
}
