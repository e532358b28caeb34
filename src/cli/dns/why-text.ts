/** An explanation in the terminal: from the document down to each server's live answer. */
import type { AddressType } from "../../core/dns/idioms.ts";
import { addressTypes } from "../../core/dns/idioms.ts";
import type {
  BackendView,
  Explanation,
  FamilyExplanation,
  ServerExplanation,
  StoredState,
} from "../../core/dns/why.ts";
import type { JsonObject } from "../../core/kernel/json.ts";
import { type Io, paint } from "../io.ts";
import { alignedLines } from "./table.ts";

type Colour = Pick<Io, "colour">;

/** The explanation as text. */
export function whyText(explanation: Explanation, io: Colour): string {
  const { fqdn } = explanation;
  const facts = [
    ["document", explanation.origin],
    ["placement", `${explanation.placement}: ${explanation.idiom}`],
    ["regions", explanation.regions.join(", ")],
    ["probe", explanation.probeUrl ?? "none"],
    ...(explanation.lease === undefined
      ? []
      : [["lease", `${explanation.lease.group}: ${explanation.lease.because}`]]),
    ...(explanation.probeShared === undefined ? [] : [["", `shared: ${explanation.probeShared}`]]),
    ...addressTypes.flatMap((type) => codeRow(explanation, type)),
  ].map(([label = "", value = ""]) => [paint(io, "dim", label), value]);
  const parts = [
    `${paint(io, "bold", fqdn)}  ${verdictText(explanation, io)}`,
    alignedLines(facts, "  ").join("\n"),
    ...explanation.servers.map((server) => serverText(server, io)),
  ];
  if (hasNotUp(explanation)) {
    parts.push(
      paint(io, "dim", "not up: the last probe failed, or this server has not ended one yet."),
    );
  }
  return parts.join("\n\n");
}

function verdictText({ right, silent }: Explanation, io: Colour): string {
  if (right) return paint(io, "green", "✓ every answer is in the plan");
  if (silent !== undefined) return paint(io, "red", `✗ ${silent.server} does not answer`);
  return paint(io, "red", "✗ an answer is not in the plan");
}

function codeRow({ code }: Explanation, type: AddressType): readonly (readonly string[])[] {
  const text = code[type];
  return text === undefined ? [] : [[`code ${type}`, text]];
}

function serverText({ server, stored, families }: ServerExplanation, io: Colour): string {
  return [
    paint(io, "bold", server),
    ...alignedLines([[paint(io, "dim", "stored"), storedText(stored, io)]], "  "),
    ...families.flatMap((family) => familyLines(family, io)),
  ].join("\n");
}

function storedText({ state, because }: StoredState, io: Colour): string {
  switch (state) {
    case "equal":
      return `${paint(io, "green", "✓ as planned")}`;
    case "warming":
      return `${paint(io, "yellow", "… warming up")}  ${because}`;
    case "drift":
      return `${paint(io, "red", "✗ drift")}  ${because}`;
    case "conflict":
      return `${paint(io, "red", "! conflict")}  ${because}`;
    case "unread":
      return `${paint(io, "dim", "· not read")}  ${because}`;
  }
}

function familyLines(family: FamilyExplanation, io: Colour): readonly string[] {
  const { type, answered, reason, verdict, backends } = family;
  const mark = verdict.kind === "allowed" ? paint(io, "green", "✓") : paint(io, "red", "✗");
  const answer = answered.length === 0 ? "no address" : answered.join(", ");
  return [
    `  ${mark} ${type}  ${answer}`,
    ...alignedLines(
      backends.map((backend) => backendRow(backend, answered, io)),
      "      ",
    ),
    `      ${paint(io, "dim", `${reason.rule}: ${reason.because}`)}`,
  ];
}

function backendRow(
  { address, cluster, health }: BackendView,
  answered: readonly string[],
  io: Colour,
): readonly string[] {
  const states = {
    up: paint(io, "green", "● up"),
    "not-up": paint(io, "yellow", "○ not up"),
    unknown: paint(io, "dim", "· unknown"),
  };
  return [states[health], address, cluster, answered.includes(address) ? "← answered" : ""];
}

function hasNotUp({ servers }: Explanation): boolean {
  return servers.some(({ families }) =>
    families.some(({ backends }) => backends.some(({ health }) => health === "not-up")),
  );
}

/** The explanation as data. */
export function whyData(explanation: Explanation): JsonObject {
  const { code, probeUrl, probeShared, lease, servers, silent, ...rest } = explanation;
  return {
    ...rest,
    silent: silent ?? null,
    probeUrl: probeUrl ?? null,
    probeShared: probeShared ?? null,
    lease: lease === undefined ? null : { ...lease },
    code: { A: code.A ?? null, AAAA: code.AAAA ?? null },
    servers: servers.map(({ server, stored, families }) => ({
      server,
      stored: { ...stored },
      families: families.map(({ type, backends, answered, choice, reason, verdict }) => ({
        type,
        answered,
        backends: backends.map((backend) => ({ ...backend })),
        choice: {
          ...choice,
          addresses: choice.addresses ?? null,
          alternatives: choice.alternatives ?? null,
        },
        reason: { rule: reason.rule, because: reason.because },
        verdict: { ...verdict, trace: verdict.trace.map((result) => ({ ...result })) },
      })),
    })),
  };
}
