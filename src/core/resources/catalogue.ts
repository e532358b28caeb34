/** The catalogue: everything declared in one revision of a source that is right, and all that is wrong beside it. */
import type { Application } from "./application.ts";
import type { DocumentProblem } from "./document.ts";
import type { Environment } from "./environment.ts";
import type { FailoverGroupDocument } from "./failover-group.ts";
import type { Organization } from "./organization.ts";
import type { Sovereign } from "./sovereign.ts";

/** Where a document stands, for messages and for `why`. */
export type Origin = { readonly file: string; readonly line: number };

/** An Application whose references all resolve. */
export type PlacedApplication = {
  readonly application: Application;
  /** `{application}.{environment}.{domain}`, lower case, without the closing dot. */
  readonly fqdn: string;
  readonly origin: Origin;
};

/** A FailoverGroup that follows all rules. */
export type DeclaredGroup = {
  readonly group: FailoverGroupDocument;
  readonly origin: Origin;
};

export type Catalogue = {
  /** Undefined when no valid Sovereign is declared; then nothing else can be resolved either. */
  readonly sovereign: Sovereign | undefined;
  readonly organizations: readonly Organization[];
  readonly environments: readonly Environment[];
  /** Sorted by FQDN. */
  readonly applications: readonly PlacedApplication[];
  /** Sorted by name. */
  readonly failoverGroups: readonly DeclaredGroup[];
  /** False when a group is wrong or may stand in what could not be read: then nobody gets a group by default. */
  readonly failoverGroupsComplete: boolean;
  /** Not empty: at least one document is wrong, and nothing may be removed because of its absence here. */
  readonly problems: readonly DocumentProblem[];
  /** What is right and hardly meant; nothing is held back because of it. */
  readonly warnings: readonly DocumentProblem[];
};
