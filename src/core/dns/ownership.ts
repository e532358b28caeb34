/** Who made an rrset, written into its comment (facts of PowerDNS §7: comments are local to one server). */
import type { Ownership } from "./model.ts";

/** What an unreadable comment of our own account comes to: still ours, and written again. */
export const unreadableOwnership: Ownership = { application: "", placement: "" };

/** What we write looks like this; anything else goes no further, because it is shown and journalled. */
const applicationPattern = /^[a-z0-9-]{1,63}\/[a-z0-9-]{1,63}$/;
const placementPattern = /^[a-z-]{1,63}$/;

/** The comment's content for an rrset that we make. */
export function writeOwnership(ownership: Ownership): string {
  return JSON.stringify({ application: ownership.application, placement: ownership.placement });
}

/** The ownership in a comment of our account; `unreadableOwnership` when it is not what we write. */
export function parseOwnership(content: string): Ownership {
  try {
    const value: unknown = JSON.parse(content);
    if (typeof value !== "object" || value === null) return unreadableOwnership;
    const { application, placement } = value as Record<string, unknown>; // An object may have any field.
    if (typeof application !== "string" || typeof placement !== "string")
      return unreadableOwnership;
    const isOurs = applicationPattern.test(application) && placementPattern.test(placement);
    return isOurs ? { application, placement } : unreadableOwnership;
  } catch {
    // Not JSON: somebody edited it. That is the ordinary outcome named above.
    return unreadableOwnership;
  }
}
