/** What `sovereign check` has to say of a platform, one thing at a time. */

export const findingAreas = [
  "reading",
  "kinds",
  "groups",
  "owners",
  "rights",
  "nameServers",
  "stretched",
] as const;

export type Finding = {
  readonly area: (typeof findingAreas)[number];
  /** `stop`: Sovereign would not work, or would be undone; `look`: somebody has to know it; `fine`: it is as it has to be. */
  readonly level: "stop" | "look" | "fine";
  /** Stable CamelCase word. */
  readonly reason: string;
  /** What it is about, such as `Cluster payments-prod/ledger`. */
  readonly document: string;
  /** Path of the field; empty where it is the whole. */
  readonly field: string;
  readonly because: string;
  /** Empty where nothing is to be done. */
  readonly remedy: string;
};

/** A finding of nothing wrong. */
export function fine(
  area: Finding["area"],
  reason: string,
  { document, because }: Pick<Finding, "document" | "because">,
): Finding {
  return { area, level: "fine", reason, document, field: "", because, remedy: "" };
}
