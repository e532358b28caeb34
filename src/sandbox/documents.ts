/** The Sovereign's documents that a new sandbox starts with; a user edits and commits them to change things. */
import { formatDurationMs } from "../core/kernel/duration.ts";
import { placeOf } from "./geo.ts";
import type { SandboxLayout } from "./layout.ts";

export type SandboxDocument = { readonly file: string; readonly text: string };

export const sovereignFile = "sovereign.yaml";

const header = "apiVersion: sre.catalyst.openova.io/v1alpha1";

/** The regions, load balancers and name servers of the layout. */
export function sovereignDocument(layout: SandboxLayout, ttlSeconds: number): SandboxDocument {
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
  regions:
${regions.join("")}`,
  };
}

function locationOf(cluster: string): string {
  const place = placeOf(cluster);
  if (place === undefined) return "";
  const { latitude, longitude, continent } = place;
  return `      location: { latitude: ${latitude}, longitude: ${longitude}, continent: ${continent} }\n`;
}

/** Everything of a new sandbox; files below `applications/` are the ones to play with. */
export function sandboxDocuments(
  layout: SandboxLayout,
  ttlSeconds: number,
): readonly SandboxDocument[] {
  const clusters = layout.regions.map((region) => region.cluster);
  const port = layout.regions[0]?.loadBalancer.port ?? 8080;
  const application = (
    name: string,
    placement: string,
    regions: readonly string[],
    why: string,
  ) => ({
    file: `applications/${name}.yaml`,
    text: `# ${why}
${header}
kind: Application
metadata:
  name: ${name}
spec:
  environmentRef: acme-prod
  placement: ${placement}
  regions: [${regions.join(", ")}]
  healthCheck:
    scheme: http
    port: ${port}
`,
  });
  return [
    sovereignDocument(layout, ttlSeconds),
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
  name: acme-prod
spec:
  organizationRef: acme
  envType: prod
`,
    },
    application(
      "shop",
      "active-hotstandby",
      clusters,
      "The first healthy region in this order answers; the other one stands by.",
    ),
    application("web", "active-active", clusters, "Every healthy region answers."),
    application(
      "reports",
      "single-region",
      clusters.slice(1),
      "One region, a plain record: when that region dies, it is away.",
    ),
  ];
}
