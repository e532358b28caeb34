/** The cluster address of a Service: one that no other Service has. It is a name only; nothing listens there in the sandbox. */
import type { JsonObject } from "../../../core/kernel/json.ts";
import { fieldAt, type KubeObject, objectOr } from "../objects/kube-object.ts";

/** The Service with its address, unless it wants none; `others` are all Services. */
export function withClusterAddress(service: KubeObject, others: readonly KubeObject[]): KubeObject {
  const spec = objectOr(service["spec"]);
  if (spec["type"] === "ExternalName") return service;
  const wanted = spec["clusterIP"];
  const address = typeof wanted === "string" && wanted !== "" ? wanted : freeAddress(others);
  const filled: JsonObject = {
    clusterIP: address,
    clusterIPs: [address],
    ipFamilies: ["IPv4"],
    ipFamilyPolicy: "SingleStack",
    ...Object.fromEntries(Object.entries(spec).filter(([field]) => field !== "clusterIP")),
  };
  return { ...service, spec: { ...filled, clusterIP: address } };
}

function freeAddress(services: readonly KubeObject[]): string {
  const taken = new Set(services.map((service) => fieldAt(service, "spec", "clusterIP")));
  for (let number = 1; number < 65_534; number++) {
    const address = `10.96.${number >> 8}.${number & 255}`;
    if (!taken.has(address)) return address;
  }
  throw new Error("no cluster address is left");
}
