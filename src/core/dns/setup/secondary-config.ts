/** How a secondary has to be configured (ADR 13): its pdns.conf, the filter, the commands; never a secret. */

import { nsec3Parameters } from "./plan-keys.ts";
import { endpointText } from "./plan-transfers.ts";
import type { WantedZone } from "./wanted-zone.ts";

export type SecondaryFacts = {
  readonly zone: string;
  readonly name: string;
  readonly address: string;
  readonly port: number;
  readonly tsigKey: string;
  /** The name server that it transfers from. */
  readonly source: { readonly name: string; readonly address: string; readonly port: number };
  readonly denial: WantedZone["denial"];
};

export type SecondaryConfig = {
  readonly pdnsConf: string;
  /** `sovereign-unsigned.lua`; empty when the zone is not signed. */
  readonly filter: string;
  /** Shell commands for before the server is started. */
  readonly commands: readonly string[];
  /** And the one for afterwards. */
  readonly afterStart: string;
};

/** Drops signatures and proofs on the way in: a server that stores them can not sign what Lua answers (4.7.3). */
const filter = `local dropped = {}
for _, name in ipairs({'RRSIG','NSEC','NSEC3','NSEC3PARAM','DNSKEY','CDS','CDNSKEY'}) do
  dropped[pdns[name]] = true
end
function axfrfilter(remoteip, zone, record)
  if dropped[record:qtype()] then return 0, {} end
  return -1, {}
end
`;

/** The configuration of one declared secondary. */
export function secondaryConfig(facts: SecondaryFacts): SecondaryConfig {
  const signed = facts.denial !== undefined;
  const plain = facts.zone.replace(/\.$/, "");
  const conf = [
    "launch=gsqlite3",
    "gsqlite3-database=/var/lib/powerdns/pdns.sqlite3",
    ...(signed ? ["gsqlite3-dnssec=yes"] : []),
    `local-address=${facts.address}`,
    `local-port=${facts.port}`,
    `query-local-address=${facts.address}`,
    "secondary=yes",
    "xfr-cycle-interval=60",
    "enable-lua-records=shared",
    "# From 5.1 on, or Lua code is refused on the way in:",
    "# enable-lua-record-updates=yes",
    "allow-axfr-ips=",
    "only-notify=",
    `allow-notify-from=${facts.source.address}`,
    ...(signed ? ["lua-axfr-script=/etc/powerdns/sovereign-unsigned.lua"] : []),
  ];
  const source = endpointText(facts.source.address, facts.source.port);
  const denial =
    facts.denial === "nsec3" ? [`pdnsutil set-nsec3 ${plain} '${nsec3Parameters}'`] : [];
  const commands = [
    `pdnsutil create-secondary-zone ${plain} ${source}`,
    `pdnsutil import-tsig-key ${facts.tsigKey} hmac-sha256 "$(cat ${facts.tsigKey}.tsig)"`,
    `pdnsutil activate-tsig-key ${plain} ${facts.tsigKey} secondary`,
    ...(signed ? [`pdnsutil import-zone-key ${plain} zone.key active ksk published`] : []),
    ...denial,
  ];
  const afterStart = `pdns_control retrieve ${plain}`;
  return { pdnsConf: `${conf.join("\n")}\n`, filter: signed ? filter : "", commands, afterStart };
}
