/** What catalyst-dns of one region knows now; plain data, served at `/v1/status` and shown by the CLI. */
import type { FailureJson } from "../kernel/failure.ts";
import type { PlacementKind } from "../resources/application.ts";
import type { CheckPlan } from "./check-budget.ts";
import type { AddressType } from "./idioms.ts";

export type AnswerState = "right" | "wrong" | "silent" | "unasked";

export type ApplicationStatus = {
  /** `{environment}/{application}`. */
  readonly application: string;
  readonly fqdn: string;
  readonly placement: PlacementKind;
  readonly regions: readonly string[];
  readonly expected: Readonly<Record<AddressType, readonly string[]>>;
  /** Where it is declared, `file:line`. */
  readonly origin: string;
};

export type AnswerStatus = {
  readonly fqdn: string;
  readonly type: AddressType;
  readonly state: AnswerState;
  readonly addresses: readonly string[];
  readonly because: string;
};

export type ServerStatus = {
  /** `{name} of {cluster}`. */
  readonly server: string;
  readonly cluster: string;
  /** Whether this region's control plane writes it. */
  readonly own: boolean;
  /** Its API for own servers, its DNS for those of other regions; null until it was tried. */
  readonly reachable: boolean | null;
  /** Revision that the server was last seen to hold completely, and when; null until then. */
  readonly appliedRevision: string | null;
  readonly appliedAtMs: number | null;
  readonly pendingChanges: number;
  readonly heldRemovals: number;
  /** Other zones in which records of ours were left behind, as when the Sovereign's domain changed. */
  readonly leftZones: readonly { readonly zone: string; readonly rrsets: number }[];
  /** Answers that follow a change once the health of their new checks is known. */
  readonly warming: readonly {
    readonly name: string;
    readonly application: string;
    readonly because: string;
  }[];
  readonly conflicts: readonly {
    readonly name: string;
    readonly application: string;
    readonly because: string;
  }[];
  readonly failure: FailureJson | null;
  readonly answers: readonly AnswerStatus[];
};

export type DnsStatus = {
  readonly cluster: string;
  readonly observeOnly: boolean;
  /** Null until the source was read once. */
  readonly revision: string | null;
  /** Why the revision is not the newest one; null when it is. */
  readonly stale: FailureJson | null;
  /** Why the source can not be read at all, or the last round ended early; null when all is well. */
  readonly failure: FailureJson | null;
  /** One line each: what is wrong with which document. */
  readonly problems: readonly string[];
  readonly zone: string | null;
  readonly ttlSeconds: number | null;
  /** Health checks that the records make on every name server; null until a Sovereign was read. */
  readonly checks: CheckPlan | null;
  readonly applications: readonly ApplicationStatus[];
  readonly servers: readonly ServerStatus[];
  /** End of the last full round; null before the first. */
  readonly roundAtMs: number | null;
};
