/** A small Sovereign in plain data for tests of records, plans and controllers. */
import type { Json } from "../src/core/kernel/json.ts";
import type { Application } from "../src/core/resources/application.ts";
import type {
  Catalogue,
  DeclaredGroup,
  PlacedApplication,
} from "../src/core/resources/catalogue.ts";
import type { ParsedDocument } from "../src/core/resources/document.ts";
import { failoverGroupSchema } from "../src/core/resources/failover-group.ts";
import { apiVersion } from "../src/core/resources/fields.ts";
import type { Sovereign } from "../src/core/resources/sovereign.ts";

export const fsn = "hz-fsn-rtz-prod";
export const hel = "hz-hel-rtz-prod";
export const domain = "sovereign.test";
export const zone = "sovereign.test.";

export type Addresses = { readonly ipv4?: readonly string[]; readonly ipv6?: readonly string[] };

const defaults: Readonly<Record<string, Addresses>> = {
  [fsn]: { ipv4: ["192.0.2.1"], ipv6: ["2001:db8::1"] },
  [hel]: { ipv4: ["192.0.2.2"], ipv6: ["2001:db8::2"] },
};

/** Two regions with one name server each, unless other addresses are given. */
export function sovereignOf(addresses: Readonly<Record<string, Addresses>> = defaults): Sovereign {
  return {
    apiVersion,
    kind: "Sovereign",
    metadata: { name: "test" },
    spec: {
      domain,
      ttl: "5s",
      regions: Object.entries(addresses).map(([cluster, { ipv4 = [], ipv6 = [] }], index) => ({
        cluster,
        loadBalancer: { ipv4: [...ipv4], ipv6: [...ipv6] },
        nameServers: [
          {
            name: `ns${index + 1}`,
            address: `198.51.100.${index + 1}`,
            port: 53,
            apiUrl: `http://198.51.100.${index + 1}:8081`,
          },
        ],
      })),
    },
  };
}

export type Spec = Partial<Application["spec"]>;

/** An Application of the Environment acme-prod, active-hotstandby in both regions unless said otherwise. */
export function placed(name: string, spec: Spec = {}): PlacedApplication {
  const application: Application = {
    apiVersion,
    kind: "Application",
    metadata: { name },
    spec: {
      environmentRef: "acme-prod",
      placement: "active-hotstandby",
      regions: [fsn, hel],
      healthCheck: { scheme: "https", path: "/healthz" },
      ...spec,
    },
  };
  const fqdn = `${name}.${application.spec.environmentRef}.${domain}`;
  return { application, fqdn, origin: { file: `apps/${name}.yaml`, line: 1 } };
}

/** The Sovereign with a witness, which a declared group needs. */
export function witnessed({ spec, ...rest }: Sovereign = sovereignOf()): Sovereign {
  const witness = {
    name: "cloud",
    backend: "worker" as const,
    urls: ["https://witness.sovereign.test"],
  };
  return { ...rest, spec: { ...spec, witnesses: [witness] } };
}

/** A declared FailoverGroup of both regions; it covers its Environment unless `covers` says otherwise. */
export function declared(name = "acme-prod", covers?: object): DeclaredGroup {
  const document = {
    apiVersion,
    kind: "FailoverGroup",
    metadata: { name },
    spec: { regions: [fsn, hel], mode: "manual", ...(covers === undefined ? {} : { covers }) },
  };
  return {
    group: failoverGroupSchema.parse(document),
    origin: { file: `groups/${name}.yaml`, line: 1 },
  };
}

/** A catalogue without problems. */
export function catalogueOf(
  applications: readonly PlacedApplication[],
  sovereign: Sovereign | undefined = sovereignOf(),
): Catalogue {
  return {
    sovereign,
    organizations: [],
    environments: [],
    applications,
    failoverGroups: [],
    failoverGroupsComplete: true,
    problems: [],
    warnings: [],
  };
}

/** The documents of such a catalogue, as a source gives them. */
export function documentsOf(
  applications: readonly PlacedApplication[],
  sovereign: Sovereign | undefined = sovereignOf(),
  groups: readonly DeclaredGroup[] = [],
): readonly ParsedDocument[] {
  const meta = (kind: string, name: string, spec: object): object => ({
    apiVersion,
    kind,
    metadata: { name },
    spec,
  });
  const values = [
    ...(sovereign === undefined ? [] : [sovereign]),
    meta("Organization", "acme", { displayName: "Acme" }),
    meta("Environment", "acme-prod", { organizationRef: "acme", envType: "prod" }),
    ...applications.map(({ application }) => application),
    ...groups.map(({ group }) => group),
  ];
  return values.map((value, index) => ({
    file: `document-${index}.yaml`,
    value: JSON.parse(JSON.stringify(value)) as Json, // What was written as JSON is JSON.
    lineOf: () => 1,
  }));
}
