/** Whether all servers of the zone answer with one and the same set of keys. */
import { type PublicKey, sameKey, tagsOf } from "./dnskey.ts";

export type PublishedKeys = {
  readonly server: string;
  readonly keys: readonly PublicKey[] | { readonly unanswered: string };
};

export type KeyComparison = {
  /** The keys that every answering server publishes, as most of them do. */
  readonly keys: readonly PublicKey[];
  /** Servers that answer with other keys than the set, or not at all, each with a sentence. */
  readonly differing: readonly { readonly server: string; readonly because: string }[];
};

/** Compares what servers publish with the key set, or with the commonest set where none is configured. */
export function compareKeys(
  servers: readonly PublishedKeys[],
  keySet: readonly PublicKey[] | undefined,
): KeyComparison {
  const answering = servers.flatMap(({ keys }) => ("unanswered" in keys ? [] : [keys]));
  const keys = keySet === undefined ? commonest(answering) : publishedOf(keySet, answering);
  const differing = servers.flatMap(({ server, keys: theirs }) => {
    if ("unanswered" in theirs) return [{ server, because: theirs.unanswered }];
    if (sameSet(theirs, keys)) return [];
    return [{ server, because: `it publishes ${tagsOf(theirs)} instead of ${tagsOf(keys)}` }];
  });
  return { keys, differing };
}

/** The keys of the set that at least one server publishes; the first one when none does. */
function publishedOf(
  keySet: readonly PublicKey[],
  answering: readonly (readonly PublicKey[])[],
): readonly PublicKey[] {
  const seen = keySet.filter((key) =>
    answering.some((keys) => keys.some((other) => sameKey(other, key))),
  );
  return seen.length > 0 ? seen : keySet.slice(0, 1);
}

function commonest(answering: readonly (readonly PublicKey[])[]): readonly PublicKey[] {
  const count = (keys: readonly PublicKey[]): number =>
    answering.filter((other) => sameSet(keys, other)).length;
  return [...answering].sort((a, b) => count(b) - count(a))[0] ?? [];
}

function sameSet(one: readonly PublicKey[], other: readonly PublicKey[]): boolean {
  return (
    one.length === other.length && one.every((key) => other.some((their) => sameKey(key, their)))
  );
}
