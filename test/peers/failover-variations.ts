/** Mistakes in a FailoverGroup, and in the witnesses and people of a Sovereign, for which there is no example. */
import { fsn, ledger, type Variation } from "./variation.ts";

const service = { name: "ledger", kind: "cloudnativepg" };
const witness = { name: "cloud", urls: ["https://witness.acme.example"] };
const person = { name: "ada", roles: ["sre"] };
const aKey = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAamijQXTgHLALOazyYiiyILUSQhrtuZeagj4tUUaNzr";
const weekly = { from: "Fri 18:00", until: "Mon 06:00", zone: "UTC" };
const outOfBounds = (field: string, value: string, range: string): Variation => ({
  name: `a lease whose ${field} is ${value}`,
  group: { lease: { [field]: value } },
  server: `${field} is from ${range}`,
  reader: "LeaseTimesDoNotFit",
});

export const failoverVariations: readonly Variation[] = [
  {
    name: "a person twice",
    beside: { people: [person, person] },
    server: "every person at most once",
    reader: "DuplicatePerson",
  },
  {
    name: "a key of two people",
    beside: {
      people: [
        { ...person, sshKeys: [aKey] },
        { ...person, name: "grace", sshKeys: [aKey] },
      ],
    },
    server: "a key belongs to one person",
    reader: "DuplicateKey",
  },
  {
    name: "a role twice",
    beside: { people: [{ ...person, roles: ["sre", "sre"] }] },
    server: "every role at most once",
    reader: "DuplicateRole",
  },
  {
    name: "a witness twice",
    beside: { witnesses: [witness, witness] },
    server: "every witness at most once",
    reader: "DuplicateWitness",
  },
  {
    name: "a witness inside a region of another Sovereign",
    beside: { witnesses: [{ ...witness, region: "hz-nbg-rtz-prod" }] },
    server: "the region of a witness is one of the Sovereign",
    reader: "UnknownRegion",
  },
  {
    name: "a group that covers nothing",
    group: { covers: {} },
    server: "covers names environments or applications",
    reader: "CoversNothing",
  },
  {
    name: "an Environment twice in one group",
    group: { covers: { environments: ["payments-prod", "payments-prod"] } },
    server: "every Environment at most once",
    reader: "CoveredTwice",
  },
  {
    name: "an Application twice in one group",
    group: { covers: { applications: [ledger, ledger] } },
    server: "every Application at most once",
    reader: "CoveredTwice",
  },
  {
    name: "a service twice",
    group: { services: [service, service] },
    server: "every service at most once",
    reader: "DuplicateService",
  },
  {
    name: "a service after itself",
    group: { services: [{ ...service, after: ["ledger"] }] },
    server: "no service comes after itself",
    reader: "OrderInCircle",
  },
  outOfBounds("ttl", "301s", "5000 ms to 300000 ms"),
  outOfBounds("ttl", "4s999ms", "5000 ms to 300000 ms"),
  outOfBounds("renewEvery", "500ms", "1000 ms to 300000 ms"),
  outOfBounds("rpcTimeout", "50ms", "100 ms to 300000 ms"),
  outOfBounds("fenceBudget", "0s", "1 ms to 300000 ms"),
  outOfBounds("margin", "0ms", "1 ms to 300000 ms"),
  {
    name: "a request that outlasts the interval of renewals",
    group: { lease: { renewEvery: "2s", rpcTimeout: "3s" } },
    server: "rpcTimeout is at most renewEvery",
    reader: "LeaseTimesDoNotFit",
  },
  {
    name: "a fence budget as long as the lease",
    group: { lease: { fenceBudget: "30s" } },
    server: "so that two tries end before fencing",
    reader: "LeaseTimesDoNotFit",
  },
  {
    name: "clocks that may be wrong by six per cent",
    group: { lease: { clockRateError: 0.06 } },
    server: "spec.lease.clockRateError",
    reader: "ValueOutOfRange",
  },
  {
    name: "a lease of days",
    group: { lease: { ttl: "1d" } },
    server: "spec.lease.ttl in body should match",
    reader: "PatternMismatch",
  },
  {
    name: "a slot where holders try the witness out",
    group: { witness: { slot: "scratch/ledger" } },
    server: "the slot is outside of scratch/",
    reader: "SlotNotAllowed",
  },
  {
    name: "an approver twice",
    group: { approvals: { approvers: ["ada", "ada"] } },
    server: "every approver at most once",
    reader: "DuplicateApprover",
  },
  {
    name: "a freeze of both forms",
    group: {
      freezes: [
        {
          because: "x",
          weekly,
          once: { from: "2026-01-01T00:00:00Z", until: "2026-01-02T00:00:00Z" },
        },
      ],
    },
    server: "exactly one of once and weekly",
    reader: "NotExactlyOne",
  },
  {
    name: "a freeze on a day that does not exist",
    group: {
      freezes: [
        { because: "x", once: { from: "2026-02-30T00:00:00Z", until: "2026-03-02T00:00:00Z" } },
      ],
    },
    server: "spec.freezes[0].once",
    reader: "InstantInvalid",
  },
  {
    name: "a weekly freeze without an end",
    group: { freezes: [{ because: "x", weekly: { ...weekly, until: "Fri 18:00" } }] },
    server: "a weekly window ends at another moment than it begins",
    reader: "WindowEmpty",
  },
  {
    name: "a failback to nowhere",
    group: { failback: { policy: "approved" } },
    server: "failback has `to` when its policy is approved, and only then",
    reader: "FailbackWrong",
  },
  {
    name: "a failback that never comes, and where to",
    group: { failback: { to: fsn } },
    server: "failback has `to` when its policy is approved, and only then",
    reader: "FailbackWrong",
  },
  {
    name: "a failback to another region",
    group: { failback: { policy: "approved", to: "hz-nbg-rtz-prod" } },
    server: "failback returns to a region of the group",
    reader: "FailbackWrong",
  },
];
