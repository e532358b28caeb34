/** One step of setting a zone up on one server: what is done, and why. It holds no secret. */
import type { WantedRrset } from "./wanted-zone.ts";

export type Effect =
  /** `rrset` is the zone's SOA. */
  | { readonly kind: "createZone"; readonly rrset: WantedRrset }
  | { readonly kind: "writeRrset"; readonly rrset: WantedRrset; readonly account: string }
  /** Imports the key of the set with this DNSKEY data, then lets it sign. */
  | { readonly kind: "importKey"; readonly dnskey: string; readonly keyTag: number }
  /** Lets a key that is there sign and be seen. */
  | { readonly kind: "activateKey"; readonly id: number; readonly keyTag: number }
  /** NSEC3PARAM data; empty for NSEC. */
  | { readonly kind: "setDenial"; readonly nsec3param: string }
  | { readonly kind: "setRectify" }
  | { readonly kind: "writeTsigKey"; readonly name: string; readonly replace: boolean }
  /** Names of TSIG keys; empty closes transfers. */
  | { readonly kind: "setTransferKeys"; readonly names: readonly string[] }
  | {
      readonly kind: "setMetadata";
      readonly metadata: "ALSO-NOTIFY" | "ALLOW-AXFR-FROM";
      readonly values: readonly string[];
    };

export type Step = {
  readonly effect: Effect;
  /** Stable CamelCase word. */
  readonly reason: string;
  /** A sentence for people. */
  readonly because: string;
};

export function stepFor(effect: Effect, reason: string, because: string): Step {
  return { effect, reason, because };
}

/** What the step is about, in two words: `write` and `ns1.sovereign.test A`. */
export function wordsOf({ effect }: Step): readonly [verb: string, what: string] {
  switch (effect.kind) {
    case "createZone":
      return ["+ create", `zone ${effect.rrset.name}`];
    case "writeRrset":
      return ["+ write", `${effect.rrset.name} ${effect.rrset.type}`];
    case "importKey":
      return ["+ import", `key ${effect.keyTag}`];
    case "activateKey":
      return ["~ activate", `key ${effect.keyTag}`];
    case "setDenial":
      return ["~ set", effect.nsec3param === "" ? "NSEC" : `NSEC3 ${effect.nsec3param}`];
    case "setRectify":
      return ["~ set", "rectify after each change"];
    case "writeTsigKey":
      return [effect.replace ? "~ replace" : "+ write", `TSIG key ${effect.name}`];
    case "setTransferKeys":
      return effect.names.length === 0
        ? ["- close", "transfers by TSIG"]
        : ["~ open", `transfers with ${effect.names.join(", ")}`];
    case "setMetadata":
      return effect.values.length === 0
        ? ["- clear", effect.metadata]
        : ["~ set", `${effect.metadata} ${effect.values.join(", ")}`];
  }
}
