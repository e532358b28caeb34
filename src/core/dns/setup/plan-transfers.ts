/** Transfers: open to the declared secondaries with their TSIG keys, closed to everybody else (ADR 13). */
import type { SetupFacts } from "./facts.ts";
import { type Step, stepFor } from "./step.ts";
import type { WantedZone } from "./wanted-zone.ts";

/** The steps about transfers, and warnings when the server's own configuration leaves them open or keeps them from happening. */
export function planTransfers(
  { secondaries }: WantedZone,
  { zone, tsig, openTransfers, sendsNotify }: SetupFacts,
): { readonly steps: readonly Step[]; readonly warnings: readonly string[] } {
  const names = [...new Set(secondaries.map(({ tsigKey }) => tsigKey))].sort();
  const notified = secondaries.map(({ address, port }) => endpointText(address, port)).sort();
  const steps = [
    ...names.flatMap((name) => tsigStep(name, tsig[name])),
    ...transferStep(
      names,
      (zone?.transferKeys ?? []).map((name) => name.replace(/\.$/, "")),
    ),
    ...metadataStep("ALSO-NOTIFY", notified, zone?.metadata["ALSO-NOTIFY"] ?? []),
    ...metadataStep("ALLOW-AXFR-FROM", [], zone?.metadata["ALLOW-AXFR-FROM"] ?? []),
  ];
  const open = openTransfers.trim();
  const warning = `the server's own allow-axfr-ips=${open} lets these addresses transfer the zone, with its Lua code, without TSIG; set it empty in pdns.conf`;
  const silent =
    "secondaries follow this server, but without primary=yes in its pdns.conf it tells them of no change: they learn of it only when their refresh is due";
  return {
    steps,
    warnings: [
      ...(open === "" ? [] : [warning]),
      ...(secondaries.length > 0 && !sendsNotify ? [silent] : []),
    ],
  };
}

/** `192.0.2.1:53` or `[2001:db8::1]:53`. */
export function endpointText(address: string, port: number): string {
  return address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`;
}

function tsigStep(name: string, state: SetupFacts["tsig"][string] | undefined): readonly Step[] {
  if (state === "equal") return [];
  const replace = state === "different";
  const because = replace
    ? `the secret of ${name} is not the one that is configured`
    : `the server does not know the key ${name} of a secondary`;
  const reason = replace ? "TsigKeyDiffers" : "TsigKeyMissing";
  return [stepFor({ kind: "writeTsigKey", name, replace }, reason, because)];
}

function transferStep(wanted: readonly string[], there: readonly string[]): readonly Step[] {
  if (sameSet(wanted, there)) return [];
  const because =
    wanted.length === 0
      ? "no secondary follows this server"
      : "these are the keys of the secondaries that follow this server";
  return [stepFor({ kind: "setTransferKeys", names: wanted }, "TransferKeysDiffer", because)];
}

function metadataStep(
  metadata: "ALSO-NOTIFY" | "ALLOW-AXFR-FROM",
  values: readonly string[],
  there: readonly string[],
): readonly Step[] {
  if (sameSet(values, there)) return [];
  const because =
    metadata === "ALLOW-AXFR-FROM"
      ? `${there.join(", ")} may transfer without TSIG`
      : "the secondaries that follow this server are told of each change";
  return [stepFor({ kind: "setMetadata", metadata, values }, "MetadataDiffers", because)];
}

function sameSet(one: readonly string[], other: readonly string[]): boolean {
  const set = new Set(other);
  return one.length === set.size && one.every((value) => set.has(value));
}
