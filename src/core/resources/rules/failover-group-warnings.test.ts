import { expect, test } from "vitest";
import { document, environment } from "../../../../test/fixtures/documents.ts";
import { group, guarded, hel, readingGuarded } from "../../../../test/fixtures/failover.ts";
import type { Json } from "../../kernel/json.ts";
import { describeProblem } from "../document.ts";

const file = "group.yaml";
const services = (...list: readonly object[]) => ({ services: list });
const ledger = { name: "ledger", kind: "cloudnativepg" };

const warned = (value: Json, sovereignSpec: object = {}) =>
  readingGuarded(document("sovereign.yaml", guarded(sovereignSpec)), document(file, value));

test.each<[string, Json, object, string, RegExp]>([
  [
    "a ledger that may lose everything",
    group(services({ ...ledger, mayLose: "everything" })),
    {},
    "LedgerMayLoseEverything $.spec.services[0].mayLose",
    /nothing, which CloudNativePG can keep/,
  ],
  [
    "automatic with what is never without loss",
    group({ mode: "automatic", ...services({ name: "events", kind: "kafka" }) }),
    {},
    "NeverLossless $.spec.services[0].mayLose",
    /by MirrorMaker2 never makes a write wait.*automatic would never act/,
  ],
  [
    "a witness inside one of the two regions",
    group({ mode: "automatic" }),
    { witnesses: [{ name: "a", urls: ["https://a.test"], region: hel }] },
    "WitnessInsideRegion $.spec.witness",
    /found a witness inside hz-hel-rtz-prod.*falls with hz-hel-rtz-prod, so automatic is not armed/,
  ],
  [
    "an RTO that is over before anybody may begin",
    group({ objectives: { rto: "30s" } }),
    {},
    "ObjectiveOutOfReach $.spec.objectives.rto",
    /found 30s, expected more than 31\.06 s/,
  ],
  [
    "a loss that too few can accept",
    group({ approvals: { lossy: 3 } }),
    {},
    "NobodyAcceptsLoss $.spec.approvals.lossy",
    /found 2 people/,
  ],
  [
    "nothing that a lease decides",
    group({ covers: { environments: ["acme-stg"] } }, "x"),
    {},
    "NothingLeased $.spec.covers",
    /no Application of which a region stands by/,
  ],
])("%s is warned of and taken", (_, value, spec, warning, words) => {
  const { problems, warnings, failoverGroups } = readingGuarded(
    document("sovereign.yaml", guarded(spec)),
    document("staging.yaml", environment("acme-stg", { envType: "stg" })),
    document(file, value),
  );
  expect(problems).toEqual([]);
  expect(warnings.map(({ reason, path }) => `${reason} ${path}`)).toEqual([warning]);
  expect(warnings.map(describeProblem).join()).toMatch(words);
  expect(failoverGroups).toHaveLength(1);
});

test("a group with everything declared well is neither wrong nor warned of", () => {
  const value = group({
    mode: "automatic",
    onWitnessLoss: "peerArbiter",
    witness: { name: "cloud", slot: "acme/payments" },
    lease: { ttl: "15s", renewEvery: "4s", rpcTimeout: "2s", fenceBudget: "5s" },
    ...services(
      { ...ledger, stopWithin: "5s" },
      { name: "cache", kind: "valkey", mayLose: "everything", after: ["ledger"] },
    ),
    failback: { policy: "approved", to: hel },
    failover: { onApplicationFailure: "release" },
    freezes: [
      {
        because: "weekend",
        weekly: { from: "Fri 18:00", until: "Mon 06:00", zone: "Europe/Berlin" },
      },
    ],
  });
  const { problems, warnings } = warned(value);
  expect([...problems, ...warnings]).toEqual([]);
});
