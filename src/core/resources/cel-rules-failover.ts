/** The rules of `cel-rules.ts` for failover: a FailoverGroup, and the witnesses and people of a Sovereign. */
import { leaseBounds } from "../lease/request.ts";
import type { CelRule } from "./cel-rule.ts";

const once = (at: readonly string[], what: string, same: string): CelRule => ({
  at,
  rule: `self.all(a, self.exists_one(o, ${same}))`,
  message: `${what} at most once`,
});

export const sovereignFailoverCelRules: readonly CelRule[] = [
  once(["spec", "people"], "every person", "o.name == a.name"),
  {
    at: ["spec", "people"],
    rule: "self.all(p, !has(p.sshKeys) || p.sshKeys.all(k, self.exists_one(o, has(o.sshKeys) && k in o.sshKeys)))",
    message: "a key belongs to one person",
  },
  once(["spec", "people", "[]", "roles"], "every role", "o == a"),
  once(["spec", "witnesses"], "every witness", "o.name == a.name"),
  {
    at: ["spec"],
    rule: "!has(self.witnesses) || self.witnesses.all(w, !has(w.region) || self.regions.exists(r, r.cluster == w.region))",
    message: "the region of a witness is one of the Sovereign",
    fieldPath: ".witnesses",
  },
];

// At the spec: the server holds a default by itself, `{}`, against the rules of its place, where nothing is filled in yet.
const ms = (field: string): string => `duration(self.lease.${field}).getMilliseconds()`;
const within = (field: string, leastMs: number, mostMs: number): CelRule => ({
  at: ["spec"],
  rule: `${ms(field)} >= ${leastMs} && ${ms(field)} <= ${mostMs}`,
  message: `${field} is from ${leastMs} ms to ${mostMs} ms`,
  fieldPath: `.lease.${field}`,
});

const { minTtlMs, maxTtlMs } = leaseBounds;

const leaseRules: readonly CelRule[] = [
  within("ttl", minTtlMs, maxTtlMs),
  within("renewEvery", 1_000, maxTtlMs),
  within("rpcTimeout", 100, maxTtlMs),
  within("fenceBudget", 1, maxTtlMs),
  within("margin", 1, maxTtlMs),
  {
    at: ["spec"],
    rule: `${ms("rpcTimeout")} <= ${ms("renewEvery")}`,
    message: "rpcTimeout is at most renewEvery",
    fieldPath: ".lease.rpcTimeout",
  },
  {
    at: ["spec"],
    rule: `double(${ms("ttl")}) * (1.0 - 2.0 * self.lease.clockRateError) - double(${ms("fenceBudget")}) >= double(${ms("renewEvery")} + 2 * ${ms("rpcTimeout")})`,
    message:
      "renewEvery + 2 x rpcTimeout is within ttl x (1 - 2 x clockRateError) - fenceBudget, so that two tries end before fencing",
    fieldPath: ".lease.renewEvery",
  },
  {
    at: ["spec"],
    rule: "!has(self.services) || self.services.all(s, !has(s.stopWithin) || duration(s.stopWithin) <= duration(self.lease.fenceBudget))",
    message: "every service stops within lease.fenceBudget",
    fieldPath: ".services",
  },
];

const freezes = ["spec", "freezes", "[]"];

export const failoverGroupCelRules: readonly CelRule[] = [
  {
    at: ["spec", "regions"],
    rule: "size(self) == 2",
    message: "a lease takes exactly two regions",
  },
  once(["spec", "regions"], "every region", "o == a"),
  {
    at: ["spec", "covers"],
    rule: "has(self.environments) || has(self.applications)",
    message: "covers names environments or applications",
  },
  once(["spec", "covers", "environments"], "every Environment", "o == a"),
  once(
    ["spec", "covers", "applications"],
    "every Application",
    "o.name == a.name && o.environmentRef == a.environmentRef",
  ),
  once(["spec", "services"], "every service", "o.name == a.name"),
  {
    at: ["spec", "services"],
    rule: "self.all(s, !has(s.after) || s.after.all(a, self.exists(o, o.name == a)))",
    message: "after names services of the group",
  },
  {
    at: ["spec", "services"],
    rule: "self.all(s, !has(s.after) || !(s.name in s.after))",
    message: "no service comes after itself",
  },
  ...leaseRules,
  {
    at: ["spec", "witness"],
    rule: "!has(self.slot) || !self.slot.startsWith('scratch/')",
    message: "the slot is outside of scratch/",
    fieldPath: ".slot",
  },
  once(["spec", "approvals", "approvers"], "every approver", "o == a"),
  {
    at: freezes,
    rule: "has(self.once) != has(self.weekly)",
    message: "exactly one of once and weekly",
  },
  {
    at: [...freezes, "once"],
    rule: "timestamp(self.from) < timestamp(self.until)",
    message: "a window ends after it begins",
    fieldPath: ".until",
  },
  {
    at: [...freezes, "weekly"],
    rule: "self.from != self.until",
    message: "a weekly window ends at another moment than it begins",
    fieldPath: ".until",
  },
  {
    at: ["spec"],
    rule: "(self.failback.policy == 'approved') == has(self.failback.to)",
    message: "failback has `to` when its policy is approved, and only then",
    fieldPath: ".failback.to",
  },
  {
    at: ["spec"],
    rule: "!has(self.failback.to) || self.failback.to in self.regions",
    message: "failback returns to a region of the group",
    fieldPath: ".failback.to",
  },
];
