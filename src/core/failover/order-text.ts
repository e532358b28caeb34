/**
 * The bytes that a person signs to make an agent do something (DESIGN §7.7, ADR 35). An order is for one region: what is right for one is
 * wrong for the other. It carries its reason, so that the journal and the other people know why.
 */
import type { Parsed } from "../names/names.ts";
import { type OrderedWish, orderedWishes } from "../resources/failover-words.ts";
import type { PersonWish } from "./event.ts";
import {
  readSignedInstant,
  readSignedLines,
  signedForms,
  signedInstant,
  signedLines,
  signedNamespace,
} from "./signed-lines.ts";

/** The same as of approvals: the first line of the text tells them apart. */
export const orderNamespace = signedNamespace;

export type Order = {
  /** The Sovereign's domain. */
  readonly sovereign: string;
  /** Cluster of the agent that it is for. */
  readonly region: string;
  readonly group: string;
  readonly wish: PersonWish;
  /** Why; one line, not empty. Where the wish carries a reason it is the same. */
  readonly because: string;
  /** Wall time. */
  readonly expiresAtMs: number;
  readonly nonce: string;
  readonly person: string;
};

/** The first line of an order. */
export const orderVersion = "sovereign-failover-order v1";
const fields = [
  "sovereign",
  "region",
  "group",
  "wish",
  "without-witness",
  "peer-is-fenced",
  "because",
  "expires-at",
  "nonce",
  "person",
] as const;

/** A reason: printable, no blanks at its ends, so that what is read is what was signed. */
const reason = /^[^\p{C}\p{Zl}\p{Zp}\s](?:[^\p{C}\p{Zl}\p{Zp}]{0,198}[^\p{C}\p{Zl}\p{Zp}\s])?$/u;

/** The text to sign; refused when a field is not of the form that can be read back. */
export function orderText(order: Order): Parsed<string> {
  const { wish, because } = order;
  const expiresAt = signedInstant(order.expiresAtMs);
  if (expiresAt === undefined) {
    return { ok: false, because: `expires-at ${order.expiresAtMs} is no instant` };
  }
  if (wish.kind === "disarm" && wish.because !== because) {
    return { ok: false, because: "it gives two reasons" };
  }
  const states = wish.kind === "takeOver" ? wish : { withoutWitness: false, peerIsFenced: false };
  const text = signedLines(orderVersion, fields, {
    sovereign: order.sovereign,
    region: order.region,
    group: order.group,
    wish: wish.kind,
    "without-witness": states.withoutWitness ? "yes" : "no",
    "peer-is-fenced": states.peerIsFenced ? "yes" : "no",
    because,
    "expires-at": expiresAt,
    nonce: order.nonce,
    person: order.person,
  });
  const readBack = parseOrderText(text);
  return readBack.ok ? { ok: true, value: text } : readBack;
}

/** What a signed text says; anything but the exact bytes that `orderText` writes is refused. */
export function parseOrderText(text: string): Parsed<Order> {
  const lines = readSignedLines(text, orderVersion, fields);
  if (!lines.ok) return lines;
  const { value } = lines;
  const kind = orderedWishes.find((known): known is OrderedWish => known === value("wish"));
  const expiresAtMs = readSignedInstant(value("expires-at"));
  const states = [value("without-witness"), value("peer-is-fenced")];
  const isYesOrNo = states.every((state) => state === "yes" || state === "no");
  const wrong: readonly (readonly [boolean, string])[] = [
    [!signedForms.domain.test(value("sovereign")), "sovereign is no domain"],
    [!signedForms.label.test(value("region")), "region is no name of a cluster"],
    [!signedForms.label.test(value("group")), "group is no name of a group"],
    [kind === undefined, `wish is none of ${orderedWishes.join(", ")}`],
    [!isYesOrNo, "without-witness and peer-is-fenced are yes or no"],
    [
      isYesOrNo && kind !== "takeOver" && states.includes("yes"),
      "without-witness and peer-is-fenced are for takeOver alone",
    ],
    [!reason.test(value("because")), "because is not one printable line of 1 to 200 characters"],
    [Number.isNaN(expiresAtMs), "expires-at is no instant with milliseconds"],
    [
      !signedForms.nonce.test(value("nonce")),
      'nonce is not 16 to 64 of A-Z, a-z, 0-9, "_" and "-"',
    ],
    [!signedForms.label.test(value("person")), "person is no name of the roster"],
  ];
  const because = wrong.filter(([isWrong]) => isWrong).map(([, words]) => words);
  if (because.length > 0 || kind === undefined) return { ok: false, because: because.join("; ") };
  return {
    ok: true,
    value: {
      sovereign: value("sovereign"),
      region: value("region"),
      group: value("group"),
      wish: wishOf(kind, value),
      because: value("because"),
      expiresAtMs,
      nonce: value("nonce"),
      person: value("person"),
    },
  };
}

function wishOf(
  kind: OrderedWish,
  value: (field: "without-witness" | "peer-is-fenced" | "because") => string,
): PersonWish {
  switch (kind) {
    case "takeOver":
      return {
        kind,
        withoutWitness: value("without-witness") === "yes",
        peerIsFenced: value("peer-is-fenced") === "yes",
      };
    case "disarm":
      return { kind, because: value("because") };
    default:
      return { kind };
  }
}
