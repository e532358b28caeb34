/** FAKE of DNS itself: answers from the zones of fake name servers as real ones do while no probe has ended. */
import type { Clock, DnsClient } from "../control/env.ts";
import { addressTypes } from "../core/dns/idioms.ts";
import type { DnsAnswer, Rrset } from "../core/dns/model.ts";
import { Failure } from "../core/kernel/failure.ts";
import { chance, type Random } from "../core/kernel/random.ts";
import type { FakeNameServer } from "./fake-name-server.ts";
import type { FakeProbes } from "./fake-probes.ts";

export type FakeDns = {
  readonly servers: ReadonlyMap<string, FakeNameServer>;
  readonly zone: string;
  readonly clock: Clock;
  readonly random: Random;
  /** Questions in a thousand that nobody answers; read at each question. */
  readonly lostPerMille: () => number;
  /** Answers what explains an answer; without it there is no such record. */
  readonly probes?: FakeProbes;
};

/** Asks the server whose address it is; an rrset that was never checked answers with all its addresses. */
export function fakeDnsClient(world: FakeDns): DnsClient {
  return {
    async query(server, name, type) {
      await world.clock.sleep(1 + world.random.below(20));
      const asked = world.servers.get(server.address);
      if (asked === undefined || chance(world.random, world.lostPerMille())) {
        throw new Failure("TimedOut", `${server.address} did not answer`);
      }
      const rrsets = asked.answersFrom(world.zone);
      return type === "TXT"
        ? explanation(world.probes, asked.id, { rrsets, name })
        : answerOf(rrsets, name, type);
    },
  };
}

function explanation(
  probes: FakeProbes | undefined,
  server: string,
  { rrsets, name }: { readonly rrsets: readonly Rrset[]; readonly name: string },
): DnsAnswer {
  const contents = rrsets
    .filter((rrset) => rrset.name === name && rrset.type === "LUA")
    .flatMap((rrset) => rrset.records);
  const records = contents.flatMap((content) => {
    const type = content.includes("return 'AAAA '") ? "AAAA" : "A";
    const data = probes?.ask(server, type, content);
    return data === undefined ? [] : [{ name, type: "TXT", ttlSeconds: 5, data }];
  });
  return { rcode: contents.length === 0 ? "NXDOMAIN" : "NOERROR", records };
}

function answerOf(rrsets: readonly Rrset[], name: string, type: string): DnsAnswer {
  const here = rrsets.filter((rrset) => rrset.name === name);
  const addresses = here.flatMap((rrset) => addressesOf(rrset, type));
  const records = [...new Set(addresses)].map((data) => ({ name, type, ttlSeconds: 5, data }));
  return { rcode: here.length === 0 ? "NXDOMAIN" : "NOERROR", records };
}

/** Literals of a LUA record that are addresses; the sentinels of the idioms are not answers. */
function addressesOf(rrset: Rrset, type: string): readonly string[] {
  if (rrset.type === type) return rrset.records;
  if (rrset.type !== "LUA" || !addressTypes.some((known) => known === type)) return [];
  return rrset.records
    .filter((record) => record.startsWith(`${type} `))
    .flatMap((record) => [...record.matchAll(/'([0-9a-f.:]+)'/g)].map((match) => match[1] ?? ""))
    .filter((text) => text !== "255.255.255.255" && text !== "ff02::1");
}
