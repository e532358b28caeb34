/**
 * What must hold at every single write to a name server, whatever failed before it:
 * nothing of others is touched, no name that stays declared goes empty, and nothing is removed while a document is wrong.
 */

import type { Intent } from "../../control/dns/gather.ts";
import type { NameServer } from "../../control/env.ts";
import type { Rrset } from "../../core/dns/model.ts";
import type { FakeNameServer } from "../fake-name-server.ts";

export type Violation = { readonly atMs: number; readonly server: string; readonly what: string };

export type ZoneCheck = {
  readonly zone: string;
  readonly nowMs: () => number;
  /** What the writing control plane acts upon; undefined before it read anything. */
  readonly intent: () => Intent | undefined;
  readonly report: (violation: Violation) => void;
};

/** The server, with every write checked against the zone as it was before. */
export function checkedNameServer(server: FakeNameServer, check: ZoneCheck): NameServer {
  const say = (what: string): void =>
    check.report({ atMs: check.nowMs(), server: server.id, what });
  return {
    id: server.id,
    readZone: (zone, signal) => server.readZone(zone, signal),
    async change(zone, changes, signal) {
      const before = server.rrsets(check.zone);
      try {
        await server.change(zone, changes, signal);
      } finally {
        for (const what of objectionsTo(before, server.rrsets(check.zone), check.intent()))
          say(what);
      }
    },
  };
}

function objectionsTo(
  before: readonly Rrset[],
  after: readonly Rrset[],
  intent: Intent | undefined,
): readonly string[] {
  const foreign = (rrsets: readonly Rrset[]): string =>
    JSON.stringify(rrsets.filter((rrset) => rrset.ownership === undefined));
  const objections: string[] = [];
  if (foreign(before) !== foreign(after)) objections.push("records of others were touched");
  const names = new Set(after.map((rrset) => rrset.name));
  const gone = before.filter((rrset) => !names.has(rrset.name));
  const declared = new Set(
    intent?.desired?.applications.flatMap((app) => app.rrsets.map((rrset) => rrset.name)),
  );
  for (const rrset of gone) {
    if (declared.has(rrset.name)) objections.push(`${rrset.name} is declared and went empty`);
    if (intent?.holdRemovals !== false)
      objections.push(`${rrset.name} was removed while a document is wrong`);
  }
  return objections;
}
