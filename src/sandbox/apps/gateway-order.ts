/** What the supervisor tells a gateway over its channel. */

export const blackHoles = ["none", "health", "all"] as const;

export type GatewayOrder = {
  /** What it accepts and never answers: `health` is what name servers ask, `all` everything that comes from outside. */
  readonly blackHole: (typeof blackHoles)[number];
};

export function isGatewayOrder(message: unknown): message is GatewayOrder {
  return (
    typeof message === "object" &&
    message !== null &&
    "blackHole" in message &&
    blackHoles.some((hole) => hole === message.blackHole)
  );
}
