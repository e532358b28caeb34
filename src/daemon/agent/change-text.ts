/** What people read of newer documents that an agent does not work by yet. */
import type { GroupChange } from "./group-change.ts";

/** One sentence; null without a change. */
export function changeText(change: GroupChange | undefined, revision: string): string | null {
  if (change === undefined) return null;
  const what = `revision ${revision.slice(0, 12)} changes ${change.fields.join(", ")} of the group`;
  const when = change.isShared
    ? "both regions have to agree on that, so this one takes it over when it holds nothing: fence it, or switch over"
    : "it is taken over as soon as nothing is under way";
  return `${what}; ${when}`;
}
