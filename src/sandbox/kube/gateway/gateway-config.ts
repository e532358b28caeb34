/** The configuration of a region's gateway: one JSON file, which the sandbox writes. */
import { z } from "zod";

export const gatewayConfigSchema = z.strictObject({
  /** Region; said in answers that the gateway gives itself. */
  cluster: z.string().min(1),
  /** Of somebody who may read Gateways, HTTPRoutes and what they lead to, and write their status. */
  kubeconfig: z.string().min(1),
  /** Where the listeners of all its Gateways are; ports are theirs. */
  address: z.string().min(1),
  /** GatewayClasses of this name are its own. */
  controllerName: z.string().min(1).default("sre.catalyst.openova.io/sandbox-gateway"),
});

export type GatewayConfig = z.infer<typeof gatewayConfigSchema>;
