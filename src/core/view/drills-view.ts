/**
 * What the Drills page, and whoever asks `GET /v1/drills`, sees of the reports that a control process was given: plain data.
 * What a report says is told only where the report is genuine: the very bytes whose hash the drills' journal has.
 */

/** Whether the files are what the drill wrote. */
export type DrillEvidence =
  /** Report and page have the hashes that are on record. */
  | { readonly kind: "genuine"; readonly reportSha256: string }
  /** changed: other bytes than those on record; unrecorded: nobody put a hash on record; unreadable: no report of this version. */
  | { readonly kind: "changed" | "unrecorded" | "unreadable"; readonly because: string };

export type DrillVerdict = "passed" | "missed" | "unsafe" | "incomplete";

export type DrillLosses = {
  /** Acknowledged writes that are gone, or requests that failed. */
  readonly of: "writes" | "requests";
  /** null: it is not known. */
  readonly lost: number | null;
  readonly all: number;
};

/** One drill of a game day. */
export type DrillStep = {
  readonly kind: string;
  readonly result: "passed" | "missed" | "unsafe" | "notDone";
  /** Identifier of its report. */
  readonly report: string | null;
};

export type DrillSummary = {
  /** Such as `region-kill`, or `game day`. */
  readonly kind: string;
  /** What it was done to: a cluster; null of a game day. */
  readonly region: string | null;
  /** Whose requests or writes were counted; null of a game day. */
  readonly application: string | null;
  /** When it was broken, or when the day began; Unix epoch. */
  readonly atMs: number;
  readonly verdict: DrillVerdict;
  readonly answer: string;
  /** The longest one of a game day; null where nothing had to be taken over. */
  readonly rtoMs: number | null;
  readonly losses: DrillLosses | null;
  readonly steps: readonly DrillStep[];
  /** Fingerprint of the key that signed a game day. */
  readonly signedBy: string | null;
};

export type DrillView = {
  readonly id: string;
  readonly form: "drill" | "ledger" | "gameday";
  readonly evidence: DrillEvidence;
  /** null unless it is genuine: what stands in other files is nobody's word. */
  readonly summary: DrillSummary | null;
};

export type DrillsView = {
  readonly atMs: number;
  readonly control: { readonly cluster: string; readonly version: string };
  readonly headline: string;
  /** Whether this control process was told where reports are. */
  readonly configured: boolean;
  /** How many reports there are; the newest of them are in `drills`. */
  readonly total: number;
  /** Newest first. */
  readonly drills: readonly DrillView[];
};
