/** Which of what runs forms a quorum: the handbook names OpenBao, JetStream and etcd, *and any other quorum-based component*. */
import { at, type DeployedObject, objectsIn } from "./deployed.ts";

/** By the name of an image, without registry and tag. */
const byImage: readonly (readonly [RegExp, string])[] = [
  [/^etcd/, "etcd"],
  [/^(?:openbao|bao|vault)/, "OpenBao"],
  [/^nats/, "JetStream"],
  [/kafka|^redpanda/, "Kafka"],
  [/^zookeeper/, "ZooKeeper"],
  [/^(?:opensearch|elasticsearch)/, "OpenSearch"],
  [/^(?:valkey|redis|keydb)/, "Valkey"],
  [/^(?:postgres|postgresql|spilo|patroni|timescaledb)/, "PostgreSQL"],
  [/^clickhouse/, "ClickHouse"],
  [/^mongo/, "MongoDB"],
  [/^rabbitmq/, "RabbitMQ"],
  [/^consul/, "Consul"],
  [/^cockroach/, "CockroachDB"],
  [/^neo4j/, "Neo4j"],
  [/^(?:milvus|qdrant|weaviate)/, "a vector database"],
  [/^(?:seaweedfs|minio|garage)/, "an object store"],
  [/^(?:mariadb|mysql|percona)/, "MySQL"],
];

/** What it is a member of; null for what is not known to vote. */
export function quorumComponent(object: DeployedObject): string | null {
  if (object.group === "postgresql.cnpg.io" || "cnpg.io/cluster" in object.labels)
    return "CloudNativePG";
  const pod = object.kind === "Pod" ? object.spec : at(object.spec, "template", "spec");
  for (const { image } of objectsIn(at(pod, "containers"))) {
    const name = typeof image === "string" ? imageName(image) : "";
    const known = byImage.find(([pattern]) => pattern.test(name));
    if (known !== undefined) return known[1];
  }
  return null;
}

/** `openbao` of `quay.io/openbao/openbao:2.4.1@sha256:…`. */
function imageName(image: string): string {
  const path = image.replace(/@.*$/, "");
  return path
    .slice(path.lastIndexOf("/") + 1)
    .replace(/:.*$/, "")
    .toLowerCase();
}

/** Kinds that hold members: their Pods have identities, and know each other. */
const memberKinds: ReadonlySet<string> = new Set(["StatefulSet", "Cluster", "StrimziPodSet"]);

/** Whether members are made by it. */
export function holdsMembers({ kind }: Pick<DeployedObject, "kind">): boolean {
  return memberKinds.has(kind);
}

/** One name for all Pods of one quorum, and for what holds them; null for a Pod that is nobody's member. */
export function quorumName(object: DeployedObject): string | null {
  const { namespace, labels, owner } = object;
  const label = ["cnpg.io/cluster", "strimzi.io/cluster"].find((name) => name in labels);
  const cluster = label === undefined ? undefined : labels[label];
  if (object.kind !== "Pod") return `${namespace}/${cluster ?? object.name}`;
  if (owner === null || !holdsMembers(owner)) return null;
  return `${namespace}/${cluster ?? owner.name}`;
}
