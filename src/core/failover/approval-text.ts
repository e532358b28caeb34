/**
 * The bytes that a person signs with `ssh-keygen -Y sign` (DESIGN §7.7, ADR 28). They are the same for ever for the same approval:
 * a first line with the version, one field a line in this order, a line break at the end. The Sovereign's domain is among them,
 * because groups of two Sovereigns may share a name and people sign for both.
 */
import type { Parsed } from "../names/names.ts";
import { type ApprovedAction, approvedActions } from "../resources/failover-words.ts";
import type { Approval } from "./approval.ts";

/** The namespace of the signature; a signature of another one is none. */
export const approvalNamespace = "sovereign-failover";

export type SignedApproval = {
  /** The Sovereign's domain. */
  readonly sovereign: string;
  readonly approval: Approval;
};

const version = "sovereign-failover-approval v1";
const fields = [
  "sovereign",
  "group",
  "action",
  "expected-epoch",
  "max-loss-bytes",
  "expires-at",
  "nonce",
  "person",
] as const;

/** Longest text that is looked at. */
const textLengthMax = 2_000;
const label = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;
const domain = /^[a-z0-9.-]{1,253}$/;
const nonce = /^[A-Za-z0-9_-]{16,64}$/;
const count = /^(0|[1-9][0-9]{0,15})$/;
const instant = /^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z$/;

/** The text to sign; refused when a field is not of the form that can be read back. */
export function approvalText({ sovereign, approval }: SignedApproval): Parsed<string> {
  const { expiresAtMs } = approval;
  const year = 31_622_400_000;
  if (!Number.isSafeInteger(expiresAtMs) || expiresAtMs < 0 || expiresAtMs > 200 * year) {
    return { ok: false, because: `expires-at ${expiresAtMs} is no instant` };
  }
  const values: Readonly<Record<(typeof fields)[number], string>> = {
    sovereign,
    group: approval.group,
    action: approval.action,
    "expected-epoch": String(approval.expectedEpoch),
    "max-loss-bytes": String(approval.maxLossBytes),
    "expires-at": new Date(expiresAtMs).toISOString(),
    nonce: approval.nonce,
    person: approval.person,
  };
  const text = [version, ...fields.map((field) => `${field}: ${values[field]}`), ""].join("\n");
  const readBack = parseApprovalText(text);
  return readBack.ok ? { ok: true, value: text } : readBack;
}

/** What a signed text says; anything but the exact bytes that `approvalText` writes is refused. */
export function parseApprovalText(text: string): Parsed<SignedApproval> {
  const refused = (because: string): Parsed<SignedApproval> => ({ ok: false, because });
  if (text.length > textLengthMax) return refused(`it is longer than ${textLengthMax} characters`);
  const [first, ...lines] = text.split("\n");
  if (first !== version) return refused(`its first line is not "${version}"`);
  if (lines.length !== fields.length + 1 || lines.at(-1) !== "") {
    return refused(`it has not exactly the lines ${fields.join(", ")} and a line break at its end`);
  }
  const values = new Map<string, string>();
  for (const [index, field] of fields.entries()) {
    const line = lines[index] ?? "";
    if (!line.startsWith(`${field}: `)) return refused(`line ${index + 2} is not of ${field}`);
    values.set(field, line.slice(field.length + 2));
  }
  const value = (field: (typeof fields)[number]): string => values.get(field) ?? "";
  const action = approvedActions.find(
    (known): known is ApprovedAction => known === value("action"),
  );
  const expiresAtMs = instant.test(value("expires-at")) ? Date.parse(value("expires-at")) : NaN;
  const [epoch, bytes] = [Number(value("expected-epoch")), Number(value("max-loss-bytes"))];
  const wrong: readonly (readonly [boolean, string])[] = [
    [!domain.test(value("sovereign")), "sovereign is no domain"],
    [!label.test(value("group")), "group is no name of a group"],
    [action === undefined, `action is none of ${approvedActions.join(", ")}`],
    [!isCount(value("expected-epoch"), epoch), "expected-epoch is no whole number"],
    [!isCount(value("max-loss-bytes"), bytes), "max-loss-bytes is no whole number"],
    [!isInstant(value("expires-at"), expiresAtMs), "expires-at is no instant with milliseconds"],
    [!nonce.test(value("nonce")), 'nonce is not 16 to 64 of A-Z, a-z, 0-9, "_" and "-"'],
    [!label.test(value("person")), "person is no name of the roster"],
  ];
  const because = wrong.filter(([isWrong]) => isWrong).map(([, words]) => words);
  if (because.length > 0 || action === undefined) return refused(because.join("; "));
  return {
    ok: true,
    value: {
      sovereign: value("sovereign"),
      approval: {
        person: value("person"),
        group: value("group"),
        action,
        expectedEpoch: epoch,
        maxLossBytes: bytes,
        expiresAtMs,
        nonce: value("nonce"),
      },
    },
  };
}

function isCount(text: string, value: number): boolean {
  return count.test(text) && Number.isSafeInteger(value);
}

/** `Date.parse` takes a 30th of February; written again it is another day. */
function isInstant(text: string, atMs: number): boolean {
  return Number.isSafeInteger(atMs) && new Date(atMs).toISOString() === text;
}
