/** What the documents ask of a name server's version and settings. */
import type { WholeIntent } from "../../control/dns/gather.ts";
import { proxyOf } from "../../core/dns/setup/proxy.ts";
import type { ServerDemands } from "../../core/dns/setup/server-objections.ts";
import type { Sovereign } from "../../core/resources/sovereign.ts";

/** The demands on the server of that name. */
export function demandsOn(
  { catalogue, desired }: WholeIntent,
  sovereign: Sovereign,
  server: string,
): ServerDemands {
  return {
    signed: catalogue.sovereign?.spec.dns?.dnssec !== undefined,
    geoip: sovereign.spec.geoip === true,
    byClient: desired.applications.some(({ steering }) =>
      ["distance", "continents", "weights"].includes(steering.kind),
    ),
    proxy: proxyOf(sovereign, server),
  };
}
