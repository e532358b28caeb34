/**
 * The bytes that a person signs with `ssh-keygen -Y sign` (DESIGN §7.7, ADR 28). They are the same for ever for the same approval.
 * The Sovereign's domain is among them, because groups of two Sovereigns may share a name and people sign for both.
 */
import type { Parsed } from "../names/names.ts";
import { type ApprovedAction, approvedActions } from "../resources/failover-words.ts";
import type { Approval } from "./approval.ts";
import {
  readSignedInstant,
  readSignedLines,
  signedForms,
  signedInstant,
  signedLines,
  signedNamespace,
} from "./signed-lines.ts";

/** The namespace of the signature; a signature of another one is none. */
export const approvalNamespace = signedNamespace;

export type SignedApproval = {
  /** The Sovereign's domain. */
  readonly sovereign: string;
  readonly approval: Approval;
};

/** The first line of an approval. */
export const approvalVersion = "sovereign-failover-approval v1";
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

const count = /^(0|[1-9][0-9]{0,15})$/;

/** The text to sign; refused when a field is not of the form that can be read back. */
export function approvalText({ sovereign, approval }: SignedApproval): Parsed<string> {
  const expiresAt = signedInstant(approval.expiresAtMs);
  if (expiresAt === undefined) {
    return { ok: false, because: `expires-at ${approval.expiresAtMs} is no instant` };
  }
  const text = signedLines(approvalVersion, fields, {
    sovereign,
    group: approval.group,
    action: approval.action,
    "expected-epoch": String(approval.expectedEpoch),
    "max-loss-bytes": String(approval.maxLossBytes),
    "expires-at": expiresAt,
    nonce: approval.nonce,
    person: approval.person,
  });
  const readBack = parseApprovalText(text);
  return readBack.ok ? { ok: true, value: text } : readBack;
}

/** What a signed text says; anything but the exact bytes that `approvalText` writes is refused. */
export function parseApprovalText(text: string): Parsed<SignedApproval> {
  const lines = readSignedLines(text, approvalVersion, fields);
  if (!lines.ok) return lines;
  const { value } = lines;
  const action = approvedActions.find(
    (known): known is ApprovedAction => known === value("action"),
  );
  const expiresAtMs = readSignedInstant(value("expires-at"));
  const [epoch, bytes] = [Number(value("expected-epoch")), Number(value("max-loss-bytes"))];
  const wrong: readonly (readonly [boolean, string])[] = [
    [!signedForms.domain.test(value("sovereign")), "sovereign is no domain"],
    [!signedForms.label.test(value("group")), "group is no name of a group"],
    [action === undefined, `action is none of ${approvedActions.join(", ")}`],
    [!isCount(value("expected-epoch"), epoch), "expected-epoch is no whole number"],
    [!isCount(value("max-loss-bytes"), bytes), "max-loss-bytes is no whole number"],
    [Number.isNaN(expiresAtMs), "expires-at is no instant with milliseconds"],
    [
      !signedForms.nonce.test(value("nonce")),
      'nonce is not 16 to 64 of A-Z, a-z, 0-9, "_" and "-"',
    ],
    [!signedForms.label.test(value("person")), "person is no name of the roster"],
  ];
  const because = wrong.filter(([isWrong]) => isWrong).map(([, words]) => words);
  if (because.length > 0 || action === undefined) {
    return { ok: false, because: because.join("; ") };
  }
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
