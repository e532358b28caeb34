/**
 * What must hold at every single write to a name server, whatever failed before it:
 * nothing of others is touched, no name that stays declared goes empty, nothing is removed while a document is wrong, and no
 * answer goes over to a check that has no result yet.
 */

import type { Intent } from "../../control/dns/gather.ts";
import type { NameServer } from "../../control/env.ts";
import { type Check, checksIn } from "../../core/dns/checks-in.ts";
import type { Rrset } from "../../core/dns/model.ts";
import type { FakeNameServer } from "../fake-name-server.ts";

export type Violation = { readonly atMs: number; readonly server: string; readonly what: string };

export type ZoneCheck = {
  readonly zone: string;
  readonly nowMs: () => number;
  /** What the writing control plane acts upon; undefined before it read anything. */
  readonly intent: () => Intent | undefined;
  /** Whether the server has had a result of a check. */
  readonly isKnown: (server: string, check: string) => boolean;
  readonly report: (violation: Violation) => void;
};

/** The server, with every write checked against the zone as it was before. */
export function checkedNameServer(server: FakeNameServer, check: ZoneCheck): NameServer {
  const say = (what: string): void =>
    check.report({ atMs: check.nowMs(), server: server.id, what });
  return {
    id: server.id,
    readZone: (zone, signal) => server.readZone(zone, signal),
    forget: (zone, signal) => server.forget(zone, signal),
    leftZones: (zone, signal) => server.leftZones(zone, signal),
    probeIntervalMs: (signal) => server.probeIntervalMs(signal),
    async change(zone, changes, signal) {
      const before = server.rrsets(check.zone);
      try {
        await server.change(zone, changes, signal);
      } finally {
        for (const what of objectionsTo(before, server.rrsets(check.zone), check.intent()))
          say(what);
        for (const what of coldAnswers(before, server.rrsets(check.zone))) {
          if (!check.isKnown(server.id, what.check)) say(what.words);
        }
      }
    },
  };
}

/** Answers that go over from other records to new checks. */
function coldAnswers(
  before: readonly Rrset[],
  after: readonly Rrset[],
): readonly { readonly check: string; readonly words: string }[] {
  const isAnswer = ({ name, ownership }: Rrset): boolean =>
    ownership !== undefined && !name.startsWith("_why.");
  const answers = before.filter(isAnswer);
  const checksOf = (rrsets: readonly Rrset[]): ReadonlyMap<string, Check> =>
    new Map(rrsets.flatMap(({ records }) => records.flatMap((one) => [...checksIn(one)])));
  return after.filter(isAnswer).flatMap((rrset) => {
    const there = answers.filter(({ name }) => name === rrset.name);
    if (there.length === 0 || rrset.type !== "LUA") return [];
    const known = checksOf(there);
    return [...checksOf([rrset])]
      .filter(([key, { isSentinel }]) => !isSentinel && !known.has(key))
      .map(([key]) => ({ check: key, words: `${rrset.name} went over to ${key}, which is new` }));
  });
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
