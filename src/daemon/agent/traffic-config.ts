/** What of the region's cluster follows authority beside data, in agent.yaml: Services of the mesh, and the way of the health path to this agent. */
import { z } from "zod";
import { dnsLabelField } from "../../core/resources/fields.ts";

const objectName = z
  .string()
  .max(253)
  .regex(/^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/, "a name of Kubernetes");

export const meshSchema = z.strictObject({
  /** Services that Cilium merges over the clusters, each in this region's own. */
  services: z
    .array(z.strictObject({ namespace: dnsLabelField, name: dnsLabelField }))
    .min(1)
    .max(200),
});

export const healthRouteSchema = z.strictObject({
  gateways: z
    .array(
      z.strictObject({
        namespace: dnsLabelField,
        name: objectName,
        listener: objectName.optional(),
      }),
    )
    .min(1)
    .max(10),
  /** The Service that leads to this agent's health listener, in the agent's own namespace, where the HTTPRoutes are made too. */
  agent: z.strictObject({
    name: dnsLabelField,
    port: z.int().min(1).max(65_535),
  }),
});

export type MeshConfig = z.infer<typeof meshSchema>;
export type HealthRouteConfig = z.infer<typeof healthRouteSchema>;
