/** Signing: which keys of the set a server has to hold, and how it proves that a name does not exist (ADR 12). */
import { type PublicKey, sameKey, tagsOf } from "./dnskey.ts";
import type { SetupFacts } from "./facts.ts";
import { type Step, stepFor } from "./step.ts";
import type { WantedZone } from "./wanted-zone.ts";

/** 1 0 0 -: SHA-1, no flags, 0 iterations, no salt (RFC 9276 §3.1). */
export const nsec3Parameters = "1 0 0 -";

type KeyPlan = {
  readonly steps: readonly Step[];
  readonly refusals: readonly { readonly reason: string; readonly because: string }[];
};

/** The steps about signing; a server with a key that is not of the set is refused, never mended by guessing. */
export function planKeys(
  wanted: WantedZone,
  facts: SetupFacts,
  keySet: readonly PublicKey[],
): KeyPlan {
  const stored = facts.zone?.keys ?? [];
  if (wanted.denial === undefined) return unsigned(stored);
  if (keySet.length === 0) {
    return refused("KeySetMissing", "the zone is to be signed, and no key set is configured");
  }
  const foreign = stored.filter((key) => !keySet.some((ours) => sameKey(ours, key)));
  if (foreign.length > 0) {
    return refused(
      "ForeignKey",
      `the server signs with ${tagsOf(foreign)}, which the key set (${tagsOf(keySet)}) does not hold`,
    );
  }
  const steps = [
    ...missingKeys(keySet, facts).flatMap((key) => keyStep(key, facts)),
    ...denialSteps(wanted.denial, facts),
  ];
  if (facts.zone?.rectifies !== true) {
    const because = "a signed zone is put in order after each change";
    steps.push(stepFor({ kind: "setRectify" }, "RectifyOff", because));
  }
  return { steps, refusals: [] };
}

/** A server that signs with a key of the set has what it needs: exchanging keys is the roll's business, in both directions. */
function missingKeys(keySet: readonly PublicKey[], facts: SetupFacts): readonly PublicKey[] {
  const signing = (facts.zone?.keys ?? []).some(({ active, published }) => active && published);
  return signing ? [] : targetKeys(keySet, facts.published);
}

/**
 * The keys of the set that a server should begin with: those that any server of the zone answers with, so that a server
 * that joins during a roll gets what the others have; else the first one. The others belong to `sovereign dns keys roll`.
 */
export function targetKeys<Key extends PublicKey>(
  keySet: readonly Key[],
  published: readonly PublicKey[],
): readonly Key[] {
  const seen = keySet.filter((key) => published.some((other) => sameKey(key, other)));
  return seen.length > 0 ? seen : keySet.slice(0, 1);
}

function keyStep(key: PublicKey, { zone }: SetupFacts): readonly Step[] {
  const { keyTag, dnskey } = key;
  const stored = zone?.keys.filter((candidate) => sameKey(candidate, key)) ?? [];
  const [first] = stored;
  if (first === undefined) {
    const because = `the server does not hold key ${keyTag} of the set`;
    return [stepFor({ kind: "importKey", dnskey, keyTag }, "KeyMissing", because)];
  }
  const because = `key ${keyTag} is there but does not sign`;
  return [stepFor({ kind: "activateKey", id: first.id, keyTag }, "KeyInactive", because)];
}

function denialSteps(denial: "nsec3" | "nsec", { zone }: SetupFacts): readonly Step[] {
  const nsec3param = denial === "nsec3" ? nsec3Parameters : "";
  const narrow = zone?.nsec3narrow === true;
  if ((zone?.nsec3param ?? "") === nsec3param && !narrow) return [];
  const because =
    denial === "nsec"
      ? "NSEC is declared"
      : `NSEC3 with 0 iterations and no salt is declared${narrow ? ", and a narrow zone can not be transferred" : ""}`;
  return [stepFor({ kind: "setDenial", nsec3param }, "DenialDiffers", because)];
}

/** Taking signatures away while the parent has a DS makes the zone bogus for everybody: a person does that. */
function unsigned(stored: readonly PublicKey[]): KeyPlan {
  if (stored.length === 0) return { steps: [], refusals: [] };
  return refused(
    "SignedButNotDeclared",
    `the server signs with ${tagsOf(stored)}, but spec.dns.dnssec is not declared; take the DS from the parent and wait its TTL before you remove keys by hand`,
  );
}

function refused(reason: string, because: string): KeyPlan {
  return { steps: [], refusals: [{ reason, because }] };
}
