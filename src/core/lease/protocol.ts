/**
 * The witness's protocol on the wire: versions, paths and names, the same for the Durable Object, the Node host and the client
 * (facts of the witness §7, ADR 22). Version 2 is spoken; of version 1 reads are still answered.
 */
import { leaseBounds } from "./request.ts";
import { isName } from "./request-bounds.ts";

/** What a witness of this build takes; a peer of another version is told so and nothing is done. */
export const supportedVersions = { read: ["v1", "v2"], write: ["v2"] } as const;

/** Longest body of a request that is looked at: the note at its limit, and everything around it. */
export const bodyBytesMax = leaseBounds.maxNoteBytes + 4_096;

/** How many grants of a slot are remembered. */
export const grantsKept = 100;

/** A grant that the witness remembers. */
export type LeaseGrant = {
  readonly epoch: number;
  readonly rev: number;
  readonly holder: string;
  readonly instance: string;
  readonly ttlMs: number;
  /** The witness's wall clock, for people; nothing is decided by it. */
  readonly atMs: number;
};

/** What is asked of a witness, as its path says it. */
export type WitnessRoute =
  | { readonly kind: "health" }
  | { readonly kind: "lease"; readonly version: "v1" | "v2"; readonly slot: string }
  | { readonly kind: "history"; readonly slot: string }
  | { readonly kind: "version"; readonly version: string }
  | { readonly kind: "nothing" };

/** Whether a slot can be asked for by a path: a name, and none that every HTTP library takes for a way up. */
export function isSlotName(name: string): boolean {
  return isName(name) && name !== "." && name !== "..";
}

/** Whether a credential can belong to a holder of this name; names of clusters are such. */
export function isHolderName(name: string): boolean {
  return isName(name) && !name.includes("/");
}

/** The path of a slot's lease in version 2. */
export function leasePath(slot: string): string {
  return `/v2/leases/${encodeURIComponent(slot)}`;
}

/** The path of the grants that a slot remembers. */
export function historyPath(slot: string): string {
  return `${leasePath(slot)}/history`;
}

/** The slot in which a holder may try the witness out; every credential of the holder covers it. */
export function scratchSlot(holder: string, name = "verify"): string {
  return `scratch/${holder}/${name}`;
}

/** What a path asks for; never throws, whatever the path. */
export function parseWitnessPath(path: string): WitnessRoute {
  if (path === "/healthz") return { kind: "health" };
  const versioned = /^\/(v[0-9]{1,9})\/(.*)$/s.exec(path);
  if (versioned === null) return { kind: "nothing" };
  const [, version = "", rest = ""] = versioned;
  if (version !== "v1" && version !== "v2") return { kind: "version", version };
  const match = /^leases\/([^/]+)(\/history)?$/.exec(rest);
  const slot = decoded(match?.[1] ?? "");
  if (slot === undefined || !isSlotName(slot)) return { kind: "nothing" };
  if (match?.[2] === undefined) return { kind: "lease", version, slot };
  return version === "v2" ? { kind: "history", slot } : { kind: "nothing" };
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined; // A broken escape names nothing.
  }
}
