/** The Sovereign's documents that a new sandbox starts with; a user edits and commits them to change things. */
import { formatDurationMs } from "../core/kernel/duration.ts";
import { placeOf } from "./geo.ts";
import { ledger, type SandboxLayout } from "./layout.ts";

export type SandboxDocument = { readonly file: string; readonly text: string };

export const sovereignFile = "sovereign.yaml";

const header = "apiVersion: sre.catalyst.openova.io/v1alpha1";

/** A person of the sandbox with the public half of their key, as OpenSSH writes it. */
export type SandboxPerson = {
  readonly name: string;
  readonly roles: readonly string[];
  readonly sshKey: string;
};

/** The regions, load balancers and name servers of the layout; with people also the witness, as every sandbox has had since it has agents. */
export function sovereignDocument(
  layout: SandboxLayout,
  ttlSeconds: number,
  people: readonly SandboxPerson[],
): SandboxDocument {
  const regions = layout.regions.map(
    ({ cluster, loadBalancer, nameServer: { name, dns, api } }) => `    - cluster: ${cluster}
${locationOf(cluster)}      loadBalancer:
        ipv4: [${loadBalancer.ipv4}]
        ipv6: ["${loadBalancer.ipv6}"]
      nameServers:
        - name: ${name}
          address: ${dns.address}
          port: ${dns.port}
          apiUrl: http://${api.address}:${api.port}
`,
  );
  return {
    file: sovereignFile,
    text: `# Two peer regions. Their order means nothing; each Application states its own preference.
${header}
kind: Sovereign
metadata:
  name: sandbox
spec:
  domain: ${layout.domain}
  ttl: ${formatDurationMs(ttlSeconds * 1_000)}
  geoip: true
  dns: # what a resolver remembers of the zone itself, and of names that are not there
    ttl: ${formatDurationMs(ttlSeconds * 1_000)}
    soa: { refresh: 1m, retry: 30s, expire: 1h, negativeTtl: 1s }
  regions:
${regions.join("")}${people.length === 0 ? "" : authority(layout, people)}`,
  };
}

/** Who grants leases, and who may approve a failover. */
function authority(layout: SandboxLayout, people: readonly SandboxPerson[]): string {
  const { address, port } = layout.witness;
  const each = people.map(
    ({ name, roles, sshKey }) => `    - name: ${name}
      roles: [${roles.join(", ")}]
      sshKeys: [${sshKey}]
`,
  );
  return `  witnesses: # outside of both regions
    - name: ${ledger.witness}
      urls: [http://${address}:${port}]
  people: # who may approve; the private halves lie in the state folder, keys/people
${each.join("")}`;
}

/** The group of the ledger and its Application, in files of their own. */
export function ledgerDocuments(layout: SandboxLayout): readonly SandboxDocument[] {
  const regions = layout.regions.map(({ cluster }) => cluster).join(", ");
  const { application, environment, group, service } = ledger;
  return [
    {
      file: `failover-groups/${group}.yaml`,
      text: `# One lease for the ledger: whoever holds it has the writable PostgreSQL and answers the name.
${header}
kind: FailoverGroup
metadata:
  name: ${group}
spec:
  regions: [${regions}]
  covers:
    applications:
      - { environmentRef: ${environment}, name: ${application} }
  mode: automatic # while nothing that was acknowledged would be lost
  lease: { ttl: 15s, renewEvery: 4s, rpcTimeout: 2s, fenceBudget: 5s }
  services:
    - name: ${service}
      kind: postgresql
      mayLose: nothing
  approvals:
    lossy: 2 # two people, before any byte is lost
  safety:
    rest: 5s # a sandbox is broken again and again; leave it at an hour elsewhere
`,
    },
    applicationDocument(layout, {
      name: application,
      placement: "active-hotstandby",
      regions: layout.regions.map(({ cluster }) => cluster),
      why: "Writes to PostgreSQL; the region that holds the lease of the group answers.",
    }),
  ];
}

function locationOf(cluster: string): string {
  const place = placeOf(cluster);
  if (place === undefined) return "";
  const { latitude, longitude, continent } = place;
  return `      location: { latitude: ${latitude}, longitude: ${longitude}, continent: ${continent} }\n`;
}

type ApplicationFacts = {
  readonly name: string;
  readonly placement: string;
  readonly regions: readonly string[];
  readonly why: string;
};

function applicationDocument(
  layout: SandboxLayout,
  { name, placement, regions, why }: ApplicationFacts,
): SandboxDocument {
  return {
    file: `applications/${name}.yaml`,
    text: `# ${why}
${header}
kind: Application
metadata:
  name: ${name}
spec:
  environmentRef: ${ledger.environment}
  placement: ${placement}
  regions: [${regions.join(", ")}]
  healthCheck:
    scheme: http
    port: ${layout.regions[0]?.loadBalancer.port ?? 8080}
`,
  };
}

/** Everything of a new sandbox; files below `applications/` are the ones to play with. */
export function sandboxDocuments(
  layout: SandboxLayout,
  ttlSeconds: number,
  people: readonly SandboxPerson[],
): readonly SandboxDocument[] {
  const regions = layout.regions.map((region) => region.cluster);
  return [
    sovereignDocument(layout, ttlSeconds, people),
    {
      file: "organization.yaml",
      text: `${header}
kind: Organization
metadata:
  name: acme
spec:
  displayName: Acme
`,
    },
    {
      file: "environment.yaml",
      text: `${header}
kind: Environment
metadata:
  name: ${ledger.environment}
spec:
  organizationRef: acme
  envType: prod
`,
    },
    applicationDocument(layout, {
      name: "shop",
      placement: "active-hotstandby",
      regions,
      why: "The first healthy region in this order answers; the other one stands by.",
    }),
    applicationDocument(layout, {
      name: "web",
      placement: "active-active",
      regions,
      why: "Every healthy region answers.",
    }),
    applicationDocument(layout, {
      name: "reports",
      placement: "single-region",
      regions: regions.slice(1),
      why: "One region, a plain record: when that region dies, it is away.",
    }),
    ...ledgerDocuments(layout),
  ];
}
