/** Health of the backends as one name server sees it: the text of the `_why` record, parsed (facts of PowerDNS §4). */
import { canonicalAddress } from "./answer.ts";
import type { AddressType } from "./idioms.ts";
import type { DnsAnswer } from "./model.ts";

/** `not-up`: the last probe failed, or none has ended yet; PowerDNS does not tell the two apart. */
export type Health = "up" | "not-up" | "unknown";

/** Health by canonical address; an address that the text does not name is `unknown`. */
export type HealthView = Readonly<Record<AddressType, ReadonlyMap<string, Health>>> & {
  /** Where the server believes the asking client to be, such as `eu`, or `--`; undefined when it does not say. */
  readonly continent?: string;
};

/** The health in the answer to a TXT question for a `_why` name; what can not be read is left out. */
export function parseHealth(answer: DnsAnswer): HealthView {
  let continent: string | undefined;
  const view = { A: new Map<string, Health>(), AAAA: new Map<string, Health>() };
  for (const record of answer.records) {
    const [type, ...words] = record.data.replaceAll('"', "").split(" ");
    if (record.type !== "TXT" || (type !== "A" && type !== "AAAA")) continue;
    for (const word of words) {
      const [address = "", state] = word.split("=");
      if (state === "up" || state === "not-up")
        view[type].set(canonicalAddress(type, address), state);
      else if (address === "continent" && state !== undefined) continent = state;
    }
  }
  return continent === undefined ? view : { ...view, continent };
}

export const nothingKnown: HealthView = { A: new Map(), AAAA: new Map() };
