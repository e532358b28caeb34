/** Whether every name server of the Sovereign answers from here for the Sovereign's zone. */
import type { DnsAnswer } from "../../core/dns/model.ts";
import { Failure } from "../../core/kernel/failure.ts";
import type { Sovereign } from "../../core/resources/sovereign.ts";
import type { DnsClient, Signal } from "../env.ts";
import { type Finding, fine } from "./finding.ts";

/** One finding for each, in the order of the document. Only Cancelled is a failure here. */
export async function nameServerFindings(
  dns: DnsClient,
  { spec }: Sovereign,
  signal: Signal,
): Promise<readonly Finding[]> {
  const servers = spec.regions.flatMap(({ cluster, nameServers }) =>
    nameServers.map((server) => ({ cluster, server })),
  );
  return Promise.all(
    servers.map(async ({ cluster, server: { name, address, port } }): Promise<Finding> => {
      const document = `name server ${name} of ${cluster}`;
      const wrong = {
        area: "nameServers",
        document,
        field: "spec.regions[].nameServers",
      } as const;
      try {
        const answer = await dns.query({ address, port }, spec.domain, "SOA", signal);
        const { rcode } = answer;
        if (rcode === "NOERROR" && hasZone(answer, spec.domain)) {
          const because = `answers for ${spec.domain} at ${address}, port ${port}`;
          return fine("nameServers", "Answers", { document, because });
        }
        return {
          ...wrong,
          level: "stop",
          reason: "ZoneNotServed",
          because: `answers ${rcode}${rcode === "NOERROR" ? " without the zone's SOA" : ""} for ${spec.domain} at ${address}, port ${port}`,
          remedy: "Make the zone there; docs/guides/zone.md says how.",
        };
      } catch (thrown) {
        const failure = Failure.from(thrown, name);
        if (failure.code === "Cancelled") throw failure;
        return {
          ...wrong,
          level: "stop",
          reason: "Silent",
          because: `${failure.message} (${address}, port ${port})`,
          remedy: "Check the server, and the way to it from here.",
        };
      }
    }),
  );
}

/** A server without the zone may answer NOERROR too: it refers to somebody else, and its answer is empty. */
function hasZone({ records }: DnsAnswer, domain: string): boolean {
  const bare = (name: string): string => name.toLowerCase().replace(/\.$/, "");
  return records.some(({ name, type }) => type === "SOA" && bare(name) === bare(domain));
}
