/** What a witness says, for people. */
import type { WitnessView } from "../../adapters/witness/open-witness.ts";
import type { WitnessVerdict } from "../../adapters/witness/verify-witness.ts";
import { humanDurationMs } from "../../core/kernel/duration.ts";
import type { JsonObject } from "../../core/kernel/json.ts";
import type { LeaseGrant } from "../../core/lease/protocol.ts";
import type { QuotaForecast } from "../../core/lease/quota.ts";
import { printable } from "../../core/resources/document.ts";
import { alignedLines } from "../dns/table.ts";

/** A slot with its holder, or with why it has none. */
export function leaseText(view: WitnessView): string {
  const { slot, epoch, rev, holder, instance, note } = view.record;
  const rows: (readonly string[])[] = [
    ["holder", holder === null ? "nobody" : printable(`${holder} (process ${instance})`)],
    ["epoch", String(epoch)],
    ["revision", String(rev)],
    ["time left", timeLeft(view)],
  ];
  if (view.settlesInMs > 0) {
    rows.push(["settles in", `${humanDurationMs(view.settlesInMs)}: the witness has just started`]);
  }
  if (Object.keys(note).length > 0) rows.push(["note", printable(JSON.stringify(note))]);
  return [printable(slot), ...alignedLines(rows, "  ")].join("\n");
}

function timeLeft({ record, expiresInMs }: WitnessView): string {
  if (record.rev === 0) return "none: nobody ever asked for it";
  if (record.holder === null) return "none: it was released";
  if (expiresInMs === null)
    return `not known there; a renewal gives ${humanDurationMs(record.ttlMs)}`;
  if (expiresInMs === 0) return "none: it ran out, and nobody took it";
  return `${humanDurationMs(expiresInMs)} by the witness's clock`;
}

/** The same as data. */
export function leaseData(view: WitnessView): JsonObject {
  const { record, expiresInMs, settlesInMs } = view;
  return { ...record, expiresInMs, settlesInMs };
}

/** The grants of a slot, newest first. */
export function historyText(slot: string, grants: readonly LeaseGrant[]): string {
  if (grants.length === 0) return `${printable(slot)} was never granted.`;
  const rows = grants.map(({ epoch, rev, holder, instance, atMs }) => [
    new Date(atMs).toISOString(),
    `epoch ${epoch}`,
    `revision ${rev}`,
    printable(`${holder} (process ${instance})`),
  ]);
  return [`${printable(slot)}, newest first:`, ...alignedLines(rows, "  ")].join("\n");
}

/** What is said where a store keeps no grants but the newest record. */
export function noHistoryText(witness: string, view: WitnessView): string {
  const journals = "The journals of the regions have the grants before: sovereign journal.";
  return [`${witness} keeps the newest record only.`, journals, leaseText(view)].join("\n");
}

/** What a trial found. */
export function verdictText({ witness, slot, kind, checks }: WitnessVerdict): string {
  const opening = {
    sound: `${witness} grants leases as it should.`,
    unsound: `${witness} must not be used: it could grant a lease twice.`,
    busy: `${slot} at ${witness} is held by somebody who tries it too; try again in ten seconds.`,
  }[kind];
  const rows = checks.map(({ passed, name, because }) => [passed ? "✓" : "✗", name, because]);
  return [opening, ...alignedLines(rows, "  ")].join("\n");
}

/** A forecast with all its arithmetic. */
export function forecastText({ because, lines }: QuotaForecast): string {
  const rows = lines.map(({ what, usedRatio, arithmetic }) => [
    `${(usedRatio * 100).toFixed(1)} %`,
    what,
    arithmetic,
  ]);
  return [because, ...alignedLines(rows, "  ")].join("\n");
}
