/** Where the sandbox's keys, certificates and credentials lie; every file is for its owner only, none is ever in Git or an argument. */
import { join } from "node:path";
import { ledger, type SandboxLayout } from "./layout.ts";

export type RegionKeys = {
  /** PEM: the certificate of the agent and of the API server (DNS name: the cluster), its key. */
  readonly certificate: string;
  readonly key: string;
  /** Ed25519 in PEM: signs the region's heartbeat, and its public half. */
  readonly heartbeat: string;
  readonly heartbeatPublic: string;
  /** What the agent shows the witness. */
  readonly witness: string;
  /** Tokens for the region's API server: of people, and of its agent. */
  readonly kubeAdmin: string;
  readonly kubeAgent: string;
};

export type SandboxKeys = {
  /** PEM of the authority that signed every certificate of the sandbox. */
  readonly ca: string;
  /** For `sovereign witness status` and the like. */
  readonly witnessReader: string;
  /** The list that the witness itself reads. */
  readonly witnessList: string;
  /** SSH key of who holds every role; `.pub` beside it. */
  readonly person: string;
  /** SSH key of a person of the sandbox, by name. */
  readonly personOf: (name: string) => string;
  /** Password of PostgreSQL's owner, for the agents. */
  readonly databaseOwner: string;
  /** Password of the ledger's own role, for its replicas. */
  readonly databaseLedger: string;
  readonly region: (cluster: string) => RegionKeys;
};

export function sandboxKeys(layout: SandboxLayout): SandboxKeys {
  const at = (...names: string[]): string => join(layout.keys, ...names);
  return {
    ca: at("ca.pem"),
    witnessReader: at("witness", "reader.json"),
    witnessList: at("witness", "credentials.json"),
    person: at("people", ledger.person),
    personOf: (name) => at("people", name),
    databaseOwner: at("database", "owner"),
    databaseLedger: at("database", "ledger"),
    region: (cluster) => ({
      certificate: at(cluster, "certificate.pem"),
      key: at(cluster, "key.pem"),
      heartbeat: at(cluster, "heartbeat.pem"),
      heartbeatPublic: at(cluster, "heartbeat-public.pem"),
      witness: at("witness", `${cluster}.json`),
      kubeAdmin: at(cluster, "kube-admin"),
      kubeAgent: at(cluster, "kube-agent"),
    }),
  };
}
