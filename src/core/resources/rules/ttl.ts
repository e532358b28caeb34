/** What a TTL must be beyond a duration. */
import { parseDurationMs } from "../../kernel/duration.ts";
import type { JsonPath } from "../document.ts";
import type { Finding } from "../problem.ts";

const ttlMsMax = 86_400_000;

/** A TTL stands in whole seconds in a record, and an answer that is kept for more than a day follows no health. */
export function ttlFindings(path: JsonPath, ttl: string | undefined): readonly Finding[] {
  if (ttl === undefined) return [];
  const ttlMs = parseDurationMs(ttl);
  const good = ttlMs !== undefined && ttlMs > 0 && ttlMs % 1_000 === 0 && ttlMs <= ttlMsMax;
  return good ? [] : [{ path, expected: "whole seconds, from 1s to 1d" }];
}
