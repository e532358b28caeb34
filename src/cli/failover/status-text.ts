/** `sovereign failover status`: both regions side by side under one sentence, and below it what only a person can do. */
import { headline } from "../../core/failover/headline.ts";
import type { PeopleReport } from "../../core/failover/people-report.ts";
import { lagBytesOf } from "../../core/failover/rpo-gauges.ts";
import { areBytesAtLeast } from "../../core/failover/what-if.ts";
import { humanDurationMs } from "../../core/kernel/duration.ts";
import type { JsonObject } from "../../core/kernel/json.ts";
import { alignedLines } from "../dns/table.ts";
import { type Io, paint } from "../io.ts";
import { agoWords, bytesWords, instantWords, plainly, remedyCommand, title } from "./marks.ts";
import type { AskedGroup, AskedRegion } from "./two-regions.ts";

type Colour = Pick<Io, "colour">;

/** The whole screen. */
export function statusText(asked: AskedGroup, io: Colour): string {
  const { kind, text } = headline(asked.regions);
  const tone = { ok: "good", attention: "attention", unknown: "attention", down: "bad" } as const;
  return [
    title(io, tone[kind], text),
    "",
    ...table(asked),
    ...silentLines(asked, io),
    ...approvalLines(asked),
    ...needLines(asked, io),
  ].join("\n");
}

/** The same for machines: the sentence, and each region's report as it came. */
export function statusData(asked: AskedGroup): JsonObject {
  const { kind, serving, sinceAtMs, text } = headline(asked.regions);
  return {
    group: asked.group,
    sovereign: asked.sovereign,
    headline: { kind, serving, sinceAtMs, text },
    regions: asked.regions.map((one) => ({
      region: one.region,
      report: one.report === null ? null : plain(one.report),
      failure: one.failure === null ? null : plain(one.failure.toJson()),
    })),
  };
}

/** As plain data. */
export function plain(value: object): JsonObject {
  return JSON.parse(JSON.stringify(value)) as JsonObject; // What JSON gives back is JSON.
}

type Row = { readonly name: string; readonly of: (report: PeopleReport) => string };

const rows: readonly Row[] = [
  { name: "health path", of: ({ health }) => `${health.status} ${health.reason}` },
  { name: "authority", of: authorityWords },
  { name: "data", of: ({ status }) => status.data },
  { name: "armed", of: armedWords },
  { name: "in step", of: syncWords },
  { name: "witness", of: witnessWords },
  { name: "would lose", of: lossWords },
  { name: "mode", of: ({ status }) => `${status.mode}, ${status.onWitnessLoss}` },
  { name: "documents", of: documentWords },
];

function table({ regions, reports }: AskedGroup): readonly string[] {
  const cell = (one: AskedRegion, of: Row["of"]): string =>
    one.report === null ? "not known" : of(one.report);
  const [a, b] = regions;
  const services = [
    ...new Set(reports.flatMap(({ data }) => data?.services ?? []).map(({ name }) => name)),
  ];
  const all: readonly Row[] = [
    ...rows,
    ...services.map((name): Row => ({ name, of: (report) => serviceWords(report, name) })),
  ];
  return alignedLines(
    [["", a.region, b.region], ...all.map(({ name, of }) => [name, cell(a, of), cell(b, of)])],
    "  ",
  );
}

function authorityWords({ status: { authority } }: PeopleReport): string {
  if (authority.kind === "none") return "none";
  return `${authority.kind} at epoch ${authority.epoch ?? 0}, ${humanDurationMs(authority.leftMs)} left`;
}

function armedWords({ status, observeOnly }: PeopleReport): string {
  if (observeOnly) return "only observes";
  const reasons = status.disarmedBecause.join("; ");
  if (reasons !== "") return `no: ${reasons}`;
  return status.armed ? "yes" : "no";
}

function syncWords({ status }: PeopleReport): string {
  return status.authority.kind === "none" ? "–" : status.sync.recorded;
}

function witnessWords({ status: { witness } }: PeopleReport): string {
  const { silentForMs, holder, epoch } = witness;
  if (silentForMs !== null) return `silent for ${humanDurationMs(silentForMs)}`;
  if (epoch === null) return "not asked yet";
  return `${holder ?? "nobody"}, epoch ${epoch}`;
}

function lossWords({ status, people }: PeopleReport): string {
  const { loss } = people;
  if (status.authority.kind !== "none") return "–";
  if (loss.kind === "nothing") return "nothing";
  const isMost = loss.bytes !== null && !areBytesAtLeast(people);
  return isMost ? `at most ${bytesWords(loss.bytes)}` : `${bytesWords(loss.bytes)} or more`;
}

function documentWords({ documents: { revision, stale } }: PeopleReport): string {
  return `${revision.slice(0, 12)}${stale === null ? "" : " (stale)"}`;
}

function serviceWords(report: PeopleReport, name: string): string {
  const service = report.data?.services.find((one) => one.name === name);
  if (service === undefined) return "not measured";
  const behind = lagBytesOf(service, report.witnessPositions);
  const lag = [
    ...(behind === null ? [] : [`${bytesWords(behind)} behind`]),
    ...(typeof service.lagMs === "number" ? [humanDurationMs(service.lagMs)] : []),
  ];
  const state = service.ready ? service.role : `${service.role}, not ready`;
  const declared = report.people.group.services.find((one) => one.name === name);
  const may = declared?.mayLose === "everything" ? ["may lose"] : [];
  return [state, ...(service.sync === null ? [] : [service.sync]), ...lag, ...may].join(", ");
}

function silentLines({ regions }: AskedGroup, io: Colour): readonly string[] {
  return regions.flatMap(({ failure, region }) =>
    failure === null
      ? []
      : [
          "",
          `${paint(io, "red", "error")} ${region}: ${failure.message} ${paint(io, "dim", failure.code)}`,
          `      ${failure.remedy}`,
        ],
  );
}

function approvalLines({ reports }: AskedGroup): readonly string[] {
  const seen = new Map(
    reports.flatMap(({ people, atMs }) =>
      people.approvals.map((approval) => [approval.nonce, { ...approval, atMs }] as const),
    ),
  );
  if (seen.size === 0) return [];
  const lines = [...seen.values()].map(
    ({ person, action, expectedEpoch, maxLossBytes, expiresAtMs }) => [
      person,
      `${action} at epoch ${expectedEpoch}`,
      maxLossBytes === 0 ? "no loss" : maxLossWords(maxLossBytes),
      `until ${instantWords(expiresAtMs)}`,
    ],
  );
  return ["", "Approved:", ...alignedLines(lines, "  ")];
}

/** A bound as an approval states it. */
export function maxLossWords(bytes: number): string {
  return bytes === Number.MAX_SAFE_INTEGER ? "any loss" : `up to ${bytesWords(bytes)} lost`;
}

function needLines({ reports, group }: AskedGroup, io: Colour): readonly string[] {
  const lines = reports.flatMap((report) => {
    const { cluster, status, documents, people } = report;
    const stale =
      documents.stale === null ? [] : [`  ${cluster}: works by old documents: ${documents.stale}`];
    const needs = status.needs.flatMap(({ reason, because, remedy }) => {
      const command = remedyCommand(remedy, cluster, group);
      const next = command === undefined ? [] : [paint(io, "dim", `      ${command}`)];
      // What rests on a judgement has its sentence there.
      const judged = people.judgement?.find(({ rule }) => rule === reason)?.because;
      const words = plainly(because === "" ? (judged ?? reason) : because);
      return [`  ${cluster}: ${words} ${paint(io, "dim", reason)}`, ...next];
    });
    const old = report.data !== null && report.data.ageMs > 60_000;
    const measured = old
      ? [`  ${cluster}: its data was measured ${agoWords(report.data?.ageMs ?? 0)}`]
      : [];
    return [...needs, ...stale, ...measured];
  });
  return lines.length === 0 ? [] : ["", paint(io, "bold", "A person is needed:"), ...lines];
}
