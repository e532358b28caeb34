/**
 * Which settings name members of a quorum, and which name what a region may well have in another one: what it copies from, a backup, a gateway.
 * Settings are the flags, variables and keys of the components in `quorum-component.ts`.
 */

/** Components that copy to nothing outside of their quorum: whatever other member they name is one of it. */
const withoutCopies: ReadonlySet<string> = new Set(["etcd", "ZooKeeper"]);

/** By the end of a setting, in lower case with `_` between its words. `retry_join_wan` is none: it joins two quorums of Consul. */
const ofMembers =
  /(?:^|_)(?:initial_cluster|retry_join|leader_api_addr|join|routes|peers|seeds|seed_hosts|quorum_voters|initial_[a-z_]+_nodes|zookeeper_connect|cluster_address|group_seeds|bootstrap)$/;

/** Whether hosts that these settings name are members of one quorum for certain; where it is false, they may be copies. */
export function namesMembers(component: string, settings: readonly string[]): boolean {
  return (
    withoutCopies.has(component) || settings.some((setting) => ofMembers.test(worded(setting)))
  );
}

/** `initial_cluster` of `--initial-cluster`, `kafka_cfg_quorum_voters` of `KAFKA_CFG_QUORUM_VOTERS`. */
function worded(setting: string): string {
  return setting
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "_")
    .replace(/^_/, "");
}
