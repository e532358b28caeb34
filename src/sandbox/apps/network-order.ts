/** What the supervisor tells the network over its channel, and how its ways are named in its arguments. */
import type { DnsEndpoint } from "../../control/env.ts";

export type NetworkOrder = {
  /** Names of the ways on which nothing passes; all others are open. */
  readonly cut: readonly string[];
};

export function isNetworkOrder(message: unknown): message is NetworkOrder {
  return (
    typeof message === "object" &&
    message !== null &&
    "cut" in message &&
    Array.isArray(message.cut) &&
    message.cut.every((name) => typeof name === "string")
  );
}

/** A way from an address to another, by its name. */
export type Way = {
  readonly name: string;
  readonly from: DnsEndpoint;
  readonly to: DnsEndpoint;
  /** Carries datagrams as well as connections, as DNS needs it. */
  readonly datagrams: boolean;
};

/** `name=127.10.1.60:7300=127.10.0.60:7300=tcp`. */
export function wayArgument({ name, from, to, datagrams }: Way): string {
  const places = [from, to].map(({ address, port }) => `${address}:${port}`);
  return [name, ...places, datagrams ? "dns" : "tcp"].join("=");
}

export function parseWay(argument: string): Way {
  const [name = "", from = "", to = "", kind = ""] = argument.split("=");
  const endpoint = (text: string): DnsEndpoint => {
    const [address = "", port = ""] = text.split(":");
    return { address, port: Number(port) };
  };
  return { name, from: endpoint(from), to: endpoint(to), datagrams: kind === "dns" };
}
