/**
 * How many questions each network of senders is answered: a bucket for each, so that a heartbeat can not be made to flood somebody whose
 * address is forged, and one flood costs other resolvers nothing.
 */
import { isIPv4 } from "node:net";

export type QueryRateOptions = {
  readonly perSecond: number;
  readonly burst: number;
  /** Networks that are remembered; the one that was quiet longest is forgotten. */
  readonly networksMax: number;
};

/** `answer` it, answer it `briefly` (no longer than the question), or `drop` it. */
export type QueryVerdict = "answer" | "briefly" | "drop";

export const defaultQueryRate: QueryRateOptions = { perSecond: 50, burst: 100, networksMax: 4_096 };

type Bucket = { readonly left: number; readonly atMs: number; readonly refused: number };

/**
 * The judge of questions by their sender's address and the monotonic time of their coming. Above the rate every second one is answered
 * briefly: whoever forges a resolver's address can flood nobody with that, and the resolver itself learns to come over TCP.
 */
export function queryRate({
  perSecond,
  burst,
  networksMax,
}: QueryRateOptions): (address: string, nowMs: number) => QueryVerdict {
  const buckets = new Map<string, Bucket>();
  return (address, nowMs) => {
    const network = networkOf(address);
    const before = buckets.get(network) ?? { left: burst, atMs: nowMs, refused: 0 };
    const refilled = before.left + ((nowMs - before.atMs) / 1_000) * perSecond;
    const held = Math.min(burst, refilled);
    const isWithin = held >= 1;
    const left = isWithin ? held - 1 : held;
    const refused = isWithin ? 0 : before.refused + 1;
    // Put at the end, so that the first one is the one that was quiet longest.
    buckets.delete(network);
    buckets.set(network, { left, atMs: nowMs, refused });
    const [oldest] = buckets.keys();
    if (buckets.size > networksMax && oldest !== undefined) buckets.delete(oldest);
    if (isWithin) return "answer";
    return refused % 2 === 1 ? "briefly" : "drop";
  };
}

/** Resolvers ask from many addresses of one network: /24 for IPv4, /48 for IPv6. */
export function networkOf(address: string): string {
  const bare = address.replace(/^::ffff:(?=[0-9.]+$)/, "");
  if (isIPv4(bare)) return bare.split(".").slice(0, 3).join(".");
  const [head = ""] = bare.split("::");
  const groups = head.split(":").filter((group) => group !== "");
  return [...groups, "0", "0", "0"].slice(0, 3).join(":");
}
