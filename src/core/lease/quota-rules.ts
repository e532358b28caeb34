/** Alerts on the witness's daily quota, as rules for Prometheus: a witness without quota fences every region (facts of the witness §5). */

const runbook = "docs/guides/witness.md";

/** Of agents alone, with their group and region, as in `failover/rpo-rules.ts`. */
const ratioOf = (which: "foretold" | "used"): string =>
  `sovereign_failover_group_info * ignoring (group, region) group_left () sovereign_witness_quota_${which}_ratio`;

/** Beside those of `failover/rpo-rules.ts`, in one file. */
export const quotaRules = {
  name: "sovereign-witness-quota",
  interval: "1m",
  rules: [
    {
      alert: "WitnessQuotaForetold",
      expr: `${ratioOf("foretold")} >= 0.8`,
      for: "10m",
      labels: { severity: "ticket" },
      annotations: {
        summary:
          "A day's requests will use {{ $value | humanizePercentage }} of this client's part.",
        description:
          "Renew less often, give it a larger part, or move to a witness of your own before a retry storm uses the rest.",
        runbook,
      },
    },
    {
      alert: "WitnessQuotaTight",
      expr: `${ratioOf("used")} >= 0.8`,
      for: "0s",
      labels: { severity: "ticket" },
      annotations: {
        summary:
          "{{ $value | humanizePercentage }} of this client's part of the witness's quota is used today.",
        description:
          "Beyond the plan the witness answers nobody until midnight UTC, and every region fences itself.",
        runbook,
      },
    },
    {
      alert: "WitnessQuotaUsed",
      expr: `${ratioOf("used")} >= 1`,
      for: "0s",
      labels: { severity: "page" },
      annotations: {
        summary: "This client's part of the witness's quota is used for today.",
        description:
          "The next request may be refused until midnight UTC. Pay, or move to a witness of your own; leases run out until then.",
        runbook,
      },
    },
  ],
} as const;
