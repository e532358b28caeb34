/** A seeded history of commits to a Sovereign's documents: Applications come, move, break, are mended and go. */
import type { SourceSnapshot } from "../control/env.ts";
import type { Json, JsonObject } from "../core/kernel/json.ts";
import { chance, pick, type Random } from "../core/kernel/random.ts";
import { apiVersion } from "../core/resources/fields.ts";
import { type PlacementKind, placements } from "../core/resources/placements.ts";

export const simClusters = ["hz-fsn-rtz-prod", "hz-hel-rtz-prod"] as const;
export const simDomain = "sovereign.test";

const fields: Readonly<Record<PlacementKind, (random: Random) => JsonObject>> = {
  "single-region": () => ({}),
  "active-active": () => ({}),
  "active-hotstandby": () => ({}),
  "active-passive-warm": (random) => ({ activeRegion: pick(random, simClusters) }),
  "weighted-canary": (random) => {
    const [one, two] = simClusters;
    const weight = random.below(101);
    return { weights: { [one]: weight, [two]: 100 - weight } };
  },
};
const names = ["shop", "web", "reports", "billing", "console", "mail"] as const;

type Draft = {
  readonly applications: ReadonlyMap<string, JsonObject>;
  readonly sovereign: boolean;
};

/** `count` revisions; the last one holds no mistake, so that everything can become right in the end. */
export function scriptOf(random: Random, count: number): readonly SourceSnapshot[] {
  let draft: Draft = { applications: new Map([["shop", rightSpec(random)]]), sovereign: true };
  const revisions: SourceSnapshot[] = [snapshotOf(draft, 0)];
  for (let step = 1; step < count; step++) {
    draft = step === count - 1 ? mended(draft, random) : edited(draft, random);
    revisions.push(snapshotOf(draft, step));
  }
  return revisions;
}

function edited(draft: Draft, random: Random): Draft {
  const applications = new Map(draft.applications);
  const name = pick(random, names);
  const kind = random.below(10);
  if (kind < 5) applications.set(name, rightSpec(random));
  else if (kind < 7) applications.delete(name);
  else if (kind < 9) applications.set(name, wrongSpec(random));
  return { applications, sovereign: kind === 9 ? chance(random, 500) : true };
}

function mended(draft: Draft, random: Random): Draft {
  const applications = new Map(
    [...draft.applications.keys()].map((name) => [name, rightSpec(random)]),
  );
  return { applications, sovereign: true };
}

function rightSpec(random: Random): JsonObject {
  const placement = pick(random, placements);
  const order = chance(random, 500) ? [...simClusters] : [...simClusters].reverse();
  return {
    environmentRef: "acme-prod",
    placement,
    regions: placement === "single-region" ? order.slice(0, 1) : order,
    ...fields[placement](random),
    healthCheck: pick<JsonObject>(random, [
      { scheme: "http", port: 8080, path: "/healthz" },
      { scheme: "http", port: 8080, path: "/live?deep=1" },
      { tcp: { port: 8080 } },
    ]),
  };
}

function wrongSpec(random: Random): JsonObject {
  return {
    ...rightSpec(random),
    ...pick<JsonObject>(random, [
      { placement: "everywhere" },
      { placement: "weighted-canary", weights: { [simClusters[0]]: 99 } },
      { regions: ["hz-xyz-rtz-prod"] },
      { healthCheck: { path: "/a b" } },
      { environmentRef: "nobody-prod" },
    ]),
  };
}

function snapshotOf(draft: Draft, step: number): SourceSnapshot {
  const documents: Json[] = [
    document("Organization", "acme", { displayName: "Acme" }),
    document("Environment", "acme-prod", { organizationRef: "acme", envType: "prod" }),
    ...[...draft.applications].map(([name, spec]) => document("Application", name, spec)),
  ];
  if (draft.sovereign) documents.push(document("Sovereign", "acme", sovereignSpec()));
  return {
    revision: `revision-${step}`,
    documents: documents.map((value, index) => ({ file: `${index}.yaml`, value, lineOf: () => 1 })),
    problems: [],
  };
}

function document(kind: string, name: string, spec: JsonObject): JsonObject {
  return { apiVersion, kind, metadata: { name }, spec };
}

function sovereignSpec(): JsonObject {
  return {
    domain: simDomain,
    ttl: "5s",
    regions: simClusters.map((cluster, index) => ({
      cluster,
      loadBalancer: { ipv4: [`127.0.${index + 1}.80`], ipv6: [`::ffff:127.0.${index + 1}.80`] },
      nameServers: [
        {
          name: `ns${index + 1}`,
          address: `127.0.${index + 1}.53`,
          apiUrl: `http://127.0.${index + 1}.53:8081`,
        },
      ],
    })),
  };
}
