/** What a region asks of the witness, and what it is told; the same for every backend (facts of the witness §7). */
import type { JsonObject } from "../kernel/json.ts";
import type { LeaseRecord } from "./record.ts";

/** The bounds that every backend holds; a request outside them is refused before it is judged. */
export const leaseBounds = {
  minTtlMs: 5_000,
  maxTtlMs: 300_000,
  maxNameLength: 200,
  maxNoteBytes: 8_192,
} as const;

type Common = {
  /** Cluster that asks. */
  readonly holder: string;
  /** The process that asks. */
  readonly instance: string;
  /** Unique for each thing wanted; the same when the same thing is sent again. */
  readonly reqId: string;
  /** The revision that the decision was made on; another one at the witness makes the request stale. */
  readonly ifRev: number;
  readonly note: JsonObject;
};

export type LeaseRequest =
  | (Common & {
      readonly op: "acquire";
      readonly ttlMs: number;
      /** The new epoch is above this one too: an epoch that was given without the witness is never given again. */
      readonly epochFloor: number;
    })
  | (Common & { readonly op: "renew"; readonly epoch: number; readonly ttlMs: number })
  | (Common & { readonly op: "release"; readonly epoch: number });

export type LeaseReply =
  | {
      readonly ok: true;
      readonly record: LeaseRecord;
      /** The request had been done before, and this is its answer again. */
      readonly repeated: boolean;
    }
  | {
      readonly ok: false;
      /** `held`: somebody's lease is live. `lost`: it is no longer the asker's. `stale`: decided on an older revision. */
      readonly code: "held" | "lost" | "stale";
      readonly record: LeaseRecord;
    };
