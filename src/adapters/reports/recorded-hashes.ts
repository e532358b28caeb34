/** The hashes of reports that the drills' journal has on record: by them a report is told from what somebody put in its place. */
import { Failure } from "../../core/kernel/failure.ts";
import { readEvents } from "../journal/read-events.ts";

export type RecordedHashes = {
  readonly reportSha256: string;
  /** Of its page; absent where an earlier version put it on record. */
  readonly pageSha256: string | undefined;
};

/** The event that ends the report of each form, and the field with its identifier. */
const idFieldOf: Readonly<Record<string, string>> = {
  "drill.finished": "drill",
  "drill.gamedaySigned": "gameday",
};

/** By identifier, the newest where there are several; none without a journal. Fails with JournalCorrupt. */
export async function readRecordedHashes(
  journal: string,
): Promise<ReadonlyMap<string, RecordedHashes>> {
  const found = new Map<string, RecordedHashes>();
  try {
    for await (const { type, data } of readEvents(journal)) {
      const field = idFieldOf[type];
      const id = field === undefined ? undefined : data[field];
      const { reportSha256, pageSha256 } = data;
      if (typeof id !== "string" || typeof reportSha256 !== "string") continue;
      found.set(id, {
        reportSha256,
        pageSha256: typeof pageSha256 === "string" ? pageSha256 : undefined,
      });
    }
  } catch (thrown) {
    const failure = Failure.from(thrown, journal);
    if (failure.code !== "NotFound") throw failure;
  }
  return found;
}
