/** Reading the source: from its newest revision to what the zone has to hold. */
import { type DesiredZone, desiredZone, type ZoneOptions } from "../../core/dns/zone.ts";
import type { Failure } from "../../core/kernel/failure.ts";
import type { Catalogue } from "../../core/resources/catalogue.ts";
import { readCatalogue } from "../../core/resources/read.ts";
import type { DocumentSource, Signal } from "../env.ts";
import { type Server, serversOf } from "./ports.ts";

/** What one revision asks for. */
export type Intent = {
  readonly revision: string;
  readonly catalogue: Catalogue;
  /** Undefined when no Sovereign is declared: then nothing is known, and nothing is done. */
  readonly desired: DesiredZone | undefined;
  readonly servers: readonly Server[];
  /** Something is wrong or missing, so that the absence of a document proves nothing. */
  readonly holdRemovals: boolean;
  /** Set when the source can not be read now and this is its last good revision. */
  readonly stale: Failure | undefined;
  /** The fallback orders that it was made with. */
  readonly options: ZoneOptions;
};

/** An intent with a Sovereign: the zone is known. */
export type WholeIntent = Intent & { readonly desired: DesiredZone };

export function isWhole(intent: Intent | undefined): intent is WholeIntent {
  return intent?.desired !== undefined;
}

/** The intent of the newest revision; `before` is given back, with fresh staleness, when nothing changed. */
export async function gather(
  source: DocumentSource,
  before: Intent | undefined,
  options: ZoneOptions = {},
  signal?: Signal,
): Promise<Intent> {
  const snapshot = await source.read(signal);
  const stale = snapshot.stale;
  const isSame = before?.revision === snapshot.revision;
  if (isSame && before.options.fallbackOrders === options.fallbackOrders) {
    return { ...before, stale };
  }
  const catalogue = isSame
    ? before.catalogue
    : readCatalogue(snapshot.documents, snapshot.problems);
  const desired = desiredZone(catalogue, options);
  return {
    revision: snapshot.revision,
    catalogue,
    desired,
    servers: catalogue.sovereign === undefined ? [] : serversOf(catalogue.sovereign),
    holdRemovals: catalogue.problems.length > 0 || (desired?.refusals.length ?? 1) > 0,
    stale,
    options,
  };
}
