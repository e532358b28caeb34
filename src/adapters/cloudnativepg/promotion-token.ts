/** A demotion token: what a Cluster said of its end, so that another goes on exactly from there (`pkg/promotiontoken` of CloudNativePG 1.30). */
import { z } from "zod";
import { parseJson } from "../../core/kernel/json.ts";
import { parseLsn } from "../postgresql/lsn.ts";

export type PromotionToken = {
  readonly systemId: string;
  readonly timeline: number;
  /** Where the checkpoint of its shutdown begins, in bytes of the log. */
  readonly position: number;
};

const tokenShape = z.object({
  latestCheckpointTimelineID: z.string().regex(/^\d{1,9}$/),
  databaseSystemIdentifier: z.string().min(1),
  latestCheckpointREDOLocation: z.string(),
});

/** Null for what is none. */
export function readToken(text: string | null): PromotionToken | null {
  if (text === null) return null;
  const read = tokenShape.safeParse(parseJson(Buffer.from(text, "base64").toString("utf8")));
  if (!read.success) return null;
  const position = parseLsn(read.data.latestCheckpointREDOLocation);
  if (position === null) return null;
  return {
    systemId: read.data.databaseSystemIdentifier,
    timeline: Number(read.data.latestCheckpointTimelineID),
    position,
  };
}

export type Copy = {
  readonly systemId: string;
  readonly timeline: number | null;
  readonly position: number | null;
};

/** A shutdown's checkpoint is shorter than this, and the first record of a page has its header before it. */
const recordBytes = 256;

/**
 * Whether a copy may be promoted with the token. CloudNativePG gives a Cluster up for good (`Cluster is unrecoverable`) that was given the token of
 * another database, of an earlier timeline, or of a position that it is past; one that is not there yet it lets wait.
 */
export function fits(token: PromotionToken, copy: Copy): boolean {
  return (
    token.systemId === copy.systemId &&
    copy.timeline !== null &&
    token.timeline >= copy.timeline &&
    copy.position !== null &&
    copy.position <= token.position + recordBytes
  );
}
