/**
 * An eye on a zone of a real name server: it reads the zone by the server's own API all the time and remembers every look
 * at which a name held anything but one complete plan of those that were ever declared, or others' records were not there.
 */
import { z } from "zod";
import type { Rrset } from "../../src/core/dns/model.ts";
import type { DesiredZone } from "../../src/core/dns/zone.ts";
import { zone } from "../catalogue.ts";
import type { PdnsServer } from "./pdns-server.ts";

const replySchema = z.object({
  rrsets: z.array(
    z.object({
      name: z.string(),
      type: z.string(),
      ttl: z.number(),
      records: z.array(z.object({ content: z.string() })),
      comments: z.array(z.object({ account: z.string() })),
    }),
  ),
});
type Held = z.infer<typeof replySchema>["rrsets"][number];

export type ZoneWatch = {
  /** From now on the names may also hold what this zone says. */
  readonly expect: (desired: DesiredZone) => void;
  /** What was seen and must not be, once each. */
  readonly violations: () => readonly string[];
  /** Others' records as they were at the beginning. */
  readonly foreign: readonly string[];
  readonly looks: () => number;
  /** Resolves after a look that began after this call. */
  readonly looked: () => Promise<void>;
  readonly end: () => Promise<void>;
};

const headers = (pdns: PdnsServer): Record<string, string> => ({
  "X-API-Key": pdns.apiKey,
  "Content-Type": "application/json",
});
const pathOf = (pdns: PdnsServer): string =>
  `${pdns.apiUrl}/api/v1/servers/localhost/zones/${zone}`;

/** Records of others: the apex, an external-dns name, a hand-made one, and one in the way of an Application. */
export async function writeForeign(pdns: PdnsServer, inTheWay: string): Promise<void> {
  const rrset = (name: string, type: string, content: string): object => {
    const records = [{ content, disabled: false }];
    return { name, type, ttl: 60, changetype: "REPLACE", records };
  };
  const rrsets = [
    rrset(zone, "A", "198.51.100.9"),
    rrset(`console.${zone}`, "A", "198.51.100.9"),
    rrset(`made.${zone}`, "CNAME", `console.${zone}`),
    rrset(`found.${zone}`, "A", "198.51.100.8"),
    rrset(`a-found.${zone}`, "TXT", '"heritage=external-dns,external-dns/owner=x"'),
    rrset(inTheWay, "A", "198.51.100.7"),
  ];
  const body = JSON.stringify({ rrsets });
  const response = await fetch(pathOf(pdns), { method: "PATCH", headers: headers(pdns), body });
  if (!response.ok) throw new Error(await response.text());
}

async function look(pdns: PdnsServer): Promise<readonly Held[]> {
  const response = await fetch(pathOf(pdns), { headers: headers(pdns) });
  if (!response.ok) throw new Error(`the watcher got ${response.status}`);
  const { rrsets } = replySchema.parse(await response.json());
  // Records and comments come from two reads of the database; comments alone are nothing to a resolver.
  return rrsets.filter(({ records, type }) => records.length > 0 && type !== "SOA");
}

/** One writing of what a name holds. */
function stateOf(rrsets: readonly Pick<Rrset, "type" | "ttlSeconds" | "records">[]): string {
  const lines = rrsets.flatMap(({ type, ttlSeconds, records }) =>
    records.map((record) => `${type} ${ttlSeconds} ${record}`),
  );
  return lines.sort().join("\n");
}

const asRrset = ({ type, ttl, records }: Held) => ({
  type,
  ttlSeconds: ttl,
  records: records.map(({ content }) => content),
});

function byName<T extends { readonly name: string }>(list: readonly T[]): Map<string, T[]> {
  const found = new Map<string, T[]>();
  for (const one of list) found.set(one.name, [...(found.get(one.name) ?? []), one]);
  return found;
}

/** Others' records: all but those at names that an Application was ever meant to have. */
function foreignIn(held: readonly Held[]): readonly string[] {
  return held
    .filter(({ comments }) => comments.every(({ account }) => account !== "catalyst-dns"))
    .map((rrset) => `${rrset.name} ${stateOf([asRrset(rrset)])}`)
    .sort();
}

/** Records of others, one line each, as they are now. */
export async function foreignRrsets(pdns: PdnsServer): Promise<readonly string[]> {
  return foreignIn(await look(pdns));
}

/** Looks from now until `end`; what is in the zone now is others'. */
export async function watchZone(pdns: PdnsServer): Promise<ZoneWatch> {
  const before = await look(pdns);
  const foreignNames = new Set(before.map(({ name }) => name));
  const foreignState = stateOfAll(before);
  const history = new Map<string, Set<string>>();
  const seen = new Set<string>();
  let declared: ReadonlySet<string> = new Set();
  const violations = new Set<string>();
  let looks = 0;
  let ended = false;
  const judge = (held: readonly Held[], asked: ReadonlySet<string>): void => {
    const names = byName(held);
    if (stateOfAll(held.filter(({ name }) => foreignNames.has(name))) !== foreignState) {
      violations.add("others' records were touched");
    }
    for (const [name, rrsets] of names) {
      if (foreignNames.has(name)) continue;
      seen.add(name);
      const state = stateOf(rrsets.map(asRrset));
      if (history.get(name)?.has(state) !== true) violations.add(`${name} holds\n${state}`);
    }
    for (const name of seen) {
      // An explanation comes and goes with the placement; a name that clients ask for does not.
      if (name.startsWith("_why.")) continue;
      if (asked.has(name) && declared.has(name) && !names.has(name)) {
        violations.add(`${name} is declared and holds nothing`);
      }
    }
  };
  const running = (async () => {
    while (!ended) {
      const asked = declared;
      judge(await look(pdns), asked);
      looks += 1;
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
  })();
  running.catch((thrown: unknown) => violations.add(`the watcher failed: ${String(thrown)}`));
  return {
    expect(desired) {
      const rrsets = desired.applications.flatMap((application) => application.rrsets);
      const names = byName(rrsets);
      for (const [name, wanted] of names) {
        const states = history.get(name) ?? new Set();
        history.set(name, states.add(stateOf(wanted)));
      }
      declared = new Set(names.keys());
      // Who went and comes again holds nothing until it is written anew.
      for (const name of seen) if (!declared.has(name)) seen.delete(name);
    },
    violations: () => [...violations],
    foreign: foreignIn(before),
    looks: () => looks,
    async looked() {
      const enough = looks + 2;
      while (looks < enough && !ended) await new Promise((resolve) => setTimeout(resolve, 5));
    },
    async end() {
      ended = true;
      await running;
    },
  };
}

function stateOfAll(held: readonly Held[]): string {
  return foreignLines(held).join("\n");
}

function foreignLines(held: readonly Held[]): readonly string[] {
  return held.map((rrset) => `${rrset.name} ${stateOf([asRrset(rrset)])}`).sort();
}
