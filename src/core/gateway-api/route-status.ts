/** What gateways say of a route (Gateway API v1, `RouteStatus`): whether it leads anywhere, as sentences for people. */
import { z } from "zod";
import type { RouteParent } from "./gateway-objects.ts";

const conditionSchema = z.object({
  type: z.string(),
  status: z.string(),
  reason: z.string().default(""),
  message: z.string().default(""),
  observedGeneration: z.int().default(0),
});

const statusSchema = z.object({
  metadata: z.object({ generation: z.int().default(1) }),
  status: z
    .object({
      parents: z
        .array(
          z.object({
            parentRef: z.object({
              namespace: z.string().optional(),
              name: z.string(),
              sectionName: z.string().optional(),
              port: z.int().optional(),
            }),
            controllerName: z.string(),
            conditions: z.array(conditionSchema).default([]),
          }),
        )
        .default([]),
    })
    .prefault({}),
});

type Wanted = Pick<RouteParent, "namespace" | "name" | "sectionName" | "port">;

/** What is wrong with the route at each parent, one sentence each; empty when every one has taken it as it stands and found its backends. */
export function routeProblems(
  object: unknown,
  route: { readonly name: string; readonly namespace: string; readonly parents: readonly Wanted[] },
): readonly string[] {
  const read = statusSchema.safeParse(object).data;
  if (read === undefined) return [`the HTTPRoute ${route.name} can not be read`];
  const { generation } = read.metadata;
  return route.parents.flatMap((parent) => {
    const gateway = `${parent.namespace ?? route.namespace}/${parent.name}`;
    const found = read.status.parents.find(({ parentRef }) => isSame(parentRef, parent, route));
    if (found === undefined) {
      return [`no gateway has taken the HTTPRoute ${route.name} up for ${gateway}`];
    }
    return (["Accepted", "ResolvedRefs"] as const).flatMap((type) => {
      const condition = found.conditions.find((one) => one.type === type);
      if (condition === undefined || condition.observedGeneration < generation) {
        return [`${gateway} has not judged the HTTPRoute ${route.name} as it stands (${type})`];
      }
      if (condition.status === "True") return [];
      const { reason, message } = condition;
      return [
        `${gateway} says of the HTTPRoute ${route.name} that ${type} is ${condition.status} (${reason}): ${message}`,
      ];
    });
  });
}

function isSame(
  one: Wanted,
  other: Wanted,
  { namespace }: { readonly namespace: string },
): boolean {
  return (
    one.name === other.name &&
    (one.namespace ?? namespace) === (other.namespace ?? namespace) &&
    one.sectionName === other.sectionName &&
    one.port === other.port
  );
}
