/** The documents of a large Sovereign: two regions, three Applications of five in two of them, the rest in one. */
import type { Json } from "../../core/kernel/json.ts";
import type { ParsedDocument } from "../../core/resources/document.ts";
import { apiVersion } from "../../core/resources/fields.ts";

export const benchDomain = "bench.test";
const clusters = ["hz-fsn-rtz-prod", "hz-hel-rtz-prod"] as const;
/** By region; several each, so that the idiom of groups is measured as well. */
export const benchAddresses: readonly (readonly string[])[] = [
  ["127.0.0.2", "127.0.0.3"],
  ["127.0.1.2", "127.0.1.3"],
];

/** `single-region`, `active-active` and `active-hotstandby` in turn. */
export const benchPlacements = ["active-active", "active-hotstandby", "single-region"] as const;

/** How Application `index` is placed; `moved` swaps the order of its regions, or takes the other one. */
function placement(index: number, moved: boolean): Json {
  const kind = benchPlacements[index % benchPlacements.length] ?? "single-region";
  const ordered = moved ? [...clusters].reverse() : clusters;
  return { placement: kind, regions: kind === "single-region" ? ordered.slice(0, 1) : ordered };
}

export function benchName(index: number): string {
  return `app-${String(index).padStart(5, "0")}`;
}

/** All documents; the Application with the index `moved` differs from what it is without. */
export function benchDocuments(
  applications: number,
  port: number,
  moved?: number,
): readonly ParsedDocument[] {
  const document = (kind: string, name: string, spec: Json): ParsedDocument => ({
    file: `${kind.toLowerCase()}/${name}.yaml`,
    value: { apiVersion, kind, metadata: { name }, spec },
    lineOf: () => 1,
  });
  const regions = clusters.map((cluster, index) => ({
    cluster,
    loadBalancer: { ipv4: [...(benchAddresses[index] ?? [])] },
    nameServers: [
      {
        name: `ns${index + 1}`,
        address: `127.0.0.${index + 1}`,
        apiUrl: `http://127.0.0.1:${index + 1}`,
      },
    ],
  }));
  const healthCheck = { scheme: "http", host: "gateway.bench.test", port, path: "/healthz" };
  return [
    document("Sovereign", "bench", {
      domain: benchDomain,
      // Ten thousand probes of their own would be refused; a gateway's probe stands for them.
      checks: { shared: { host: `gateway.${benchDomain}` } },
      regions,
    }),
    document("Organization", "bench", { displayName: "Bench" }),
    document("Environment", "bench-prod", { organizationRef: "bench", envType: "prod" }),
    ...Array.from({ length: applications }, (_, index) => {
      const placed = placement(index, index === moved) as { readonly [field: string]: Json }; // It is an object above.
      const spec = { environmentRef: "bench-prod", ...placed, healthCheck };
      return document("Application", benchName(index), spec);
    }),
  ];
}
