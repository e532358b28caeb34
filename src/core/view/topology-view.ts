/**
 * What the Topology page, and whoever asks `GET /v1/topology`, sees of a Sovereign at a moment: plain data, folded from what
 * agents and name servers say. Nothing in it is guessed; what nobody said is null or has the word for it.
 */

/** Regions have a place and no colour: left and right in every picture, in the order of the Sovereign's document. */
export type Place = "left" | "right";

/**
 * active: it serves. promoting: it has authority and does not serve yet. changing: it said a moment ago that it serves, and a
 * later epoch was granted since. standby: it may not write, and would take over. held: it may not write, and would not take
 * over by itself. fencing: it is being stopped. observing: its agent only looks on. silent: its agent does not answer.
 */
export type Role =
  | "active"
  | "promoting"
  | "changing"
  | "standby"
  | "held"
  | "fencing"
  | "observing"
  | "silent";

export type AgentView = {
  readonly cluster: string;
  readonly url: string;
  /** null until it was heard. */
  readonly group: string | null;
  readonly state: "answers" | "silent" | "unheard";
  /** Since the request that it answered last; null until it was heard. */
  readonly ageMs: number | null;
  /** Why it does not answer; null while it does. */
  readonly because: string | null;
  readonly version: string | null;
  /** Revision of the documents that it works by. */
  readonly revision: string | null;
};

export type RegionView = {
  readonly cluster: string;
  readonly place: Place;
  /** Whether this control plane is of this region. */
  readonly own: boolean;
  /** How many groups it has in which role. */
  readonly roles: Readonly<Record<Role, number>>;
};

export type NeedView = {
  readonly reason: string;
  readonly because: string;
  readonly remedy: string;
};

export type SideView = {
  readonly cluster: string;
  readonly place: Place;
  readonly role: Role;
  readonly because: string;
  /** null where the agent was not heard. */
  readonly armed: boolean | null;
  readonly health: { readonly status: 200 | 503; readonly because: string } | null;
  readonly witness: {
    readonly state: "answers" | "silent" | "unknown";
    readonly silentForMs: number | null;
  };
  /** What only a person can do. */
  readonly needs: readonly NeedView[];
};

export type LeaseView = {
  readonly holder: string;
  readonly place: Place;
  readonly epoch: number;
  /** On which ground: lease, sticky, granted or own. */
  readonly kind: string;
  /** Until the holder begins to fence itself unless it renews, at the moment of the view. */
  readonly leftMs: number;
  /** What a renewal gives: the whole bar. */
  readonly fullMs: number;
  readonly ttlMs: number;
  readonly renewEveryMs: number;
};

/** in step: the standby confirms every commit. behind: it does not, by so much. */
export type SyncWord = "inStep" | "behind" | "stalled" | "unknown" | "none";

export type CopyView = {
  readonly cluster: string;
  readonly role: "writable" | "standby" | "absent" | "unknown" | "silent";
  readonly timeline: number | null;
  readonly ready: boolean | null;
};

export type ServiceView = {
  readonly name: string;
  readonly copies: readonly CopyView[];
  readonly sync: SyncWord;
  /** What the standby lacks, in bytes of the log; null where one of the positions is not known. */
  readonly lagBytes: number | null;
  /** How old the newest commit is that the standby has; null where nobody says. */
  readonly lagMs: number | null;
};

/** served: one region serves. unserved: all agents were heard and none does. contested: two say so at once. */
export type GroupState = "served" | "unserved" | "contested" | "unknown";

export type GroupView = {
  readonly name: string;
  readonly mode: string;
  readonly applications: readonly string[];
  readonly state: GroupState;
  /** Who serves and who stands by, in one sentence without its full stop. */
  readonly sentence: string;
  readonly lease: LeaseView | null;
  readonly sides: readonly SideView[];
  readonly services: readonly ServiceView[];
  /** Where the name servers lead for its Applications. */
  readonly answers: readonly LeadView[];
  readonly objectives: { readonly rtoMs: number; readonly rpoBytes: number };
};

/** One Application as one name server answers it. */
export type LeadView = {
  readonly server: string;
  readonly fqdn: string;
  readonly state: "right" | "wrong" | "silent" | "unasked";
  /** Regions of the addresses that were answered. */
  readonly clusters: readonly string[];
};

export type NameServerView = {
  readonly server: string;
  readonly cluster: string;
  readonly place: Place | null;
  readonly state: "right" | "wrong" | "silent" | "unwritable" | "unasked";
  readonly because: string;
  readonly answersRight: number;
  readonly answersWrong: number;
  readonly pendingChanges: number;
};

export type EventView = {
  readonly atMs: number;
  /** `agent hz-fsn-rtz-prod` or `control hz-fsn-rtz-prod`. */
  readonly source: string;
  readonly type: string;
  readonly text: string;
};

export type TopologyView = {
  /** Wall clock of the control plane that made it. */
  readonly atMs: number;
  readonly control: {
    readonly cluster: string;
    readonly version: string;
    readonly observeOnly: boolean;
  };
  /** Domain of the Sovereign; null while none is declared. */
  readonly sovereign: string | null;
  readonly documents: {
    readonly revision: string | null;
    readonly stale: string | null;
    readonly problems: readonly string[];
  };
  readonly headline: {
    readonly state: "good" | "look" | "bad" | "nothing";
    readonly text: string;
  };
  /** At most two; others of the Sovereign carry no lease. */
  readonly regions: readonly RegionView[];
  /** Declared failover groups, by name. */
  readonly groups: readonly GroupView[];
  readonly agents: readonly AgentView[];
  readonly nameServers: readonly NameServerView[];
  /** Newest last; at most 100. */
  readonly events: readonly EventView[];
};
