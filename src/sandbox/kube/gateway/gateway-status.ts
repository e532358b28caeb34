/** What a gateway writes back of what it does (Gateway API v1): the status of its classes, its Gateways, and of each route's parents here. */
import type { KubeObject } from "../../../control/kubernetes/kube-object.ts";
import { attachRoute, type RouteCondition } from "../../../core/gateway-api/attach-route.ts";
import { type Gateway, gatewayGroup } from "../../../core/gateway-api/gateway-objects.ts";
import { droppedRules, resolvedRefs } from "../../../core/gateway-api/resolve-backends.ts";
import { canonicalJson, type Json, type JsonObject } from "../../../core/kernel/json.ts";
import { fieldAt, kubeTime, listOr } from "../objects/kube-object.ts";
import type { GatewayFacts, Parsed, WatchedKind } from "./gateway-facts.ts";

export type StatusWrite = {
  readonly kind: Extract<WatchedKind, "gatewayClass" | "gateway" | "httpRoute">;
  readonly object: KubeObject;
  readonly status: JsonObject;
};

export type StatusOptions = {
  readonly controllerName: string;
  readonly address: string;
  readonly nowMs: number;
  /** Why nothing listens at a port; undefined where something does. */
  readonly portProblem: (port: number) => string | undefined;
};

/** The statuses that are not as they have to be. */
export function statusWrites(facts: GatewayFacts, options: StatusOptions): readonly StatusWrite[] {
  const all: readonly StatusWrite[] = [
    ...facts.classes.map(
      (object): StatusWrite => ({
        kind: "gatewayClass",
        object,
        status: {
          conditions: conditionsOf(
            fieldAt(object, "status"),
            [["Accepted", taken]],
            options,
            object,
          ),
        },
      }),
    ),
    ...facts.gateways.map(
      (gateway): StatusWrite => ({
        kind: "gateway",
        object: gateway.object,
        status: gatewayStatus(gateway, facts, options),
      }),
    ),
    ...facts.routes.flatMap((route) => routeWrite(route, facts, options)),
  ];
  return all.filter(({ object, status }) =>
    Object.entries(status).some(([key, value]) => !isSame(fieldAt(object, "status", key), value)),
  );
}

const taken: RouteCondition = { isTrue: true, reason: "Accepted", message: "it is done here" };
const programmed: RouteCondition = { isTrue: true, reason: "Programmed", message: "it listens" };
const resolved: RouteCondition = {
  isTrue: true,
  reason: "ResolvedRefs",
  message: "none is needed",
};

function gatewayStatus(
  { value, object }: Parsed<Gateway>,
  facts: GatewayFacts,
  options: StatusOptions,
): JsonObject {
  const listeners = value.spec.listeners.map((listener): JsonObject => {
    const attached = facts.routes.filter((route) =>
      attachRoute(route.value, [value], facts.allows).some((outcome) =>
        outcome.attached.some((one) => one.listener === listener),
      ),
    );
    const before = listOr(fieldAt(object, "status", "listeners")).find(
      (one) => fieldAt(one, "name") === listener.name,
    );
    const problem = listenerProblem(listener.protocol, options.portProblem(listener.port));
    const conditions = [
      ["Accepted", problem ?? taken],
      ["Programmed", problem === undefined ? programmed : { ...problem, reason: "Invalid" }],
      ["ResolvedRefs", resolved],
    ] as const;
    return {
      name: listener.name,
      attachedRoutes: attached.length,
      supportedKinds: [{ group: gatewayGroup, kind: "HTTPRoute" }],
      conditions: conditionsOf(before, conditions, options, object),
    };
  });
  const broken = value.spec.listeners.some(
    ({ protocol, port }) => listenerProblem(protocol, options.portProblem(port)) !== undefined,
  );
  const isDown: RouteCondition = {
    isTrue: false,
    reason: "Invalid",
    message: "a listener does not listen: its conditions say why",
  };
  const own = [
    ["Accepted", taken],
    ["Programmed", broken ? isDown : programmed],
  ] as const;
  return {
    addresses: [{ type: "IPAddress", value: options.address }],
    conditions: conditionsOf(fieldAt(object, "status"), own, options, object),
    listeners,
  };
}

function listenerProblem(
  protocol: string,
  portProblem: string | undefined,
): RouteCondition | undefined {
  if (protocol !== "HTTP") {
    const message = `the sandbox's gateway speaks HTTP and not ${protocol}`;
    return { isTrue: false, reason: "UnsupportedProtocol", message };
  }
  return portProblem === undefined
    ? undefined
    : { isTrue: false, reason: "PortUnavailable", message: portProblem };
}

/** Entries of other controllers stay as they are. A route that names none of our Gateways, and has no entry of ours, is not written. */
function routeWrite(
  { value, object }: GatewayFacts["routes"][number],
  facts: GatewayFacts,
  options: StatusOptions,
): readonly StatusWrite[] {
  const { controllerName } = options;
  const before = listOr(fieldAt(object, "status", "parents"));
  const isOurs = (entry: Json): boolean => fieldAt(entry, "controllerName") === controllerName;
  const gateways = facts.gateways.map((gateway) => gateway.value);
  const outcomes = attachRoute(value, gateways, facts.allows);
  if (outcomes.length === 0 && !before.some(isOurs)) return [];
  const refs = resolvedRefs(value, facts.backends);
  const dropped = droppedRules(value);
  const ours = outcomes.map(({ parent, accepted }): JsonObject => {
    const parentRef = JSON.parse(JSON.stringify(parent)) as JsonObject; // Plain data, without what is not set.
    const old = before.find(
      (entry) => isOurs(entry) && isSame(fieldAt(entry, "parentRef"), parentRef),
    );
    const conditions = [
      ["Accepted", accepted],
      ["ResolvedRefs", refs],
      ...(dropped === null ? [] : [["PartiallyInvalid", dropped] as const]),
    ] as const;
    return {
      parentRef,
      controllerName,
      conditions: conditionsOf(old, conditions, options, object),
    };
  });
  const parents = [...before.filter((entry) => !isOurs(entry)), ...ours];
  return [{ kind: "httpRoute", object, status: { parents } }];
}

/** Conditions of `holder` as they have to be; the time of one changes only when its status does. */
function conditionsOf(
  holder: Json | KubeObject | undefined,
  wanted: readonly (readonly [string, RouteCondition])[],
  { nowMs }: StatusOptions,
  { metadata }: KubeObject,
): readonly JsonObject[] {
  const old = listOr(fieldAt(holder, "conditions"));
  return wanted.map(([type, { isTrue, reason, message }]) => {
    const status = isTrue ? "True" : "False";
    const before = old.find((one) => fieldAt(one, "type") === type);
    const since = fieldAt(before, "status") === status && fieldAt(before, "lastTransitionTime");
    return {
      ...{ type, status, reason, message },
      observedGeneration: metadata.generation ?? 1,
      lastTransitionTime: typeof since === "string" ? since : kubeTime(nowMs),
    };
  });
}

function isSame(one: Json | undefined, other: Json): boolean {
  return one !== undefined && canonicalJson(one) === canonicalJson(other);
}
