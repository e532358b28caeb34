/** What the supervisor tells a gateway over its channel. */

export type GatewayOrder = {
  /** The health path accepts connections and never answers; users' requests go on. */
  readonly blackHole: boolean;
};

export function isGatewayOrder(message: unknown): message is GatewayOrder {
  return (
    typeof message === "object" &&
    message !== null &&
    "blackHole" in message &&
    typeof message.blackHole === "boolean"
  );
}
