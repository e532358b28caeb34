/** How a drill of data breaks something, in words for its report: by signals, by an order, or by what stands between the regions (ADR 40). */
import { type LedgerKind, ledgerKindFacts } from "../../core/drill/ledger-kinds.ts";
import { ledger, networkWords, type SandboxNetwork } from "../layout.ts";

/** How the break is made, for the report. */
export function brokenBy(kind: LedgerKind, network: SandboxNetwork): string {
  const { how } = ledgerKindFacts[kind];
  if (how.by === "order") return `an order signed by ${ledger.person} with their SSH key`;
  if (how.by === "clock")
    return "libfaketime, preloaded into both agents: their wall clocks are stepped, CLOCK_MONOTONIC is not; what a stepped agent notes has its own time";
  if (how.by === "apiServers")
    return `SIGKILL to the API servers' processes, an order signed by ${ledger.person}, and SIGKILL to every process of the active region`;
  if (how.by === "people")
    return `${brokenBy("peer-cut", network)}; then SIGKILL to every process of the active region`;
  if (how.by !== "fault") return "SIGKILL to the agent's process";
  switch (how.fault) {
    case "kill":
    case "agent-kill":
    case "database-kill":
      return "SIGKILL to processes";
    case "hang":
    case "agent-hang":
      return "SIGSTOP to processes";
    case "agent-clock":
      return "SIGKILL to the agent's process";
    case "witness-loss":
      return "the end of the witness's process";
  }
  return `${networkWords[network]}: ${cutWords[how.fault][network]}`;
}

const cutWords = {
  "witness-cut": {
    namespaces: "every packet between the region and the witness is lost",
    proxy: "the one in the region's way to the witness carries nothing",
  },
  "peer-cut": {
    namespaces: "every packet between the regions' agents and databases is lost",
    proxy: "those in the ways between the regions' agents and databases carry nothing",
  },
  "heartbeat-cut": {
    namespaces: "every packet between two of three resolvers and the region's heartbeat is lost",
    proxy: "those in the ways of two of three resolvers to the region's heartbeat carry nothing",
  },
  "client-cut": {
    namespaces: "every packet between the region and its clients and resolvers is lost",
    proxy: "the region's gateway swallows every request",
  },
  "all-cut": {
    namespaces:
      "every packet to and from the region is lost, but those of the sandbox's own watching",
    proxy:
      "those in the ways to witness, peer, its database and resolvers carry nothing, and the region's gateway swallows every request",
  },
} as const;
