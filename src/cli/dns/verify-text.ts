/** Every answer of every server as a table: what agrees stands on one line, what is wrong in red and first. */
import type { Server } from "../../control/dns/ports.ts";
import type { ServerAnswers } from "../../control/dns/verify.ts";
import { type AddressType, addressTypes } from "../../core/dns/idioms.ts";
import type { DesiredApplication } from "../../core/dns/zone.ts";
import { Failure } from "../../core/kernel/failure.ts";
import type { JsonObject } from "../../core/kernel/json.ts";
import { type Io, paint } from "../io.ts";
import { counted } from "./plan-text.ts";
import { alignedLines } from "./table.ts";

export type Heard = { readonly server: Server; readonly answers: ServerAnswers };

export type AnswerRow = {
  readonly fqdn: string;
  readonly type: AddressType;
  readonly server: string;
  readonly state: "right" | "wrong" | "unanswered";
  readonly addresses: readonly string[];
  readonly expected: readonly string[];
  readonly because: string;
};

/** One row for each name, type and server; names without a planned address of the type only when wrong. */
export function answerRows(
  applications: readonly DesiredApplication[],
  heard: readonly Heard[],
): readonly AnswerRow[] {
  const byServer = heard.map(({ server, answers }) => {
    const asked = new Map(answers.asked.map((one) => [`${one.fqdn} ${one.type}`, one]));
    return { id: server.id, asked, silent: answers.silent };
  });
  return applications.flatMap(({ fqdn, expected }) =>
    addressTypes.flatMap((type) =>
      byServer.flatMap(({ id, asked, silent }): readonly AnswerRow[] => {
        const row = { fqdn, type, server: id, expected: expected[type] };
        const judgement = asked.get(`${fqdn} ${type}`)?.judgement;
        if (judgement === undefined) {
          const because = silent?.message ?? "this question was not answered";
          return [{ ...row, state: "unanswered", addresses: [], because }];
        }
        const { right, addresses, because } = judgement;
        if (right && expected[type].length === 0) return [];
        return [{ ...row, state: right ? "right" : "wrong", addresses, because }];
      }),
    ),
  );
}

/** Right answers that are listed one by one; beyond them their number is enough. */
const rightShownMax = 60;
const badShownMax = 100;

/** The table for people. */
export function verifyText(
  rows: readonly AnswerRow[],
  heard: readonly Heard[],
  io: Pick<Io, "colour">,
): string {
  const silent = heard.filter(({ answers }) => answers.silent !== undefined);
  const silentIds = new Set(silent.map(({ server }) => server.id));
  const bad = rows.filter(({ state, server }) => state !== "right" && !silentIds.has(server));
  const right = sameTogether(rows.filter(({ state }) => state === "right"));
  const badLines = bad
    .slice(0, badShownMax)
    .map((row) => [mark(row, io), row.type, row.fqdn, row.server, paint(io, "red", row.because)]);
  const rightLines = right
    .slice(0, rightShownMax)
    .map(({ row, servers }) => [
      mark(row, io),
      row.type,
      row.fqdn,
      servers.length === heard.length ? paint(io, "dim", "every server") : servers.join(", "),
      row.addresses.join(" "),
    ]);
  const lines = [...alignedLines([...badLines, ...rightLines], "")];
  const more = bad.length - badLines.length + right.length - rightLines.length;
  if (more > 0) lines.push(paint(io, "dim", `… and ${more} more`));
  for (const { server, answers } of silent) {
    lines.push(`${paint(io, "red", "✗ silent")}  ${server.id}  ${answers.silent?.message ?? ""}`);
  }
  const count = rows.filter(({ state }) => state === "right").length;
  const wrong = rows.length - count;
  const verdict =
    wrong === 0
      ? paint(
          io,
          "green",
          `✓ ${counted(count, "answer")} of ${counted(heard.length, "server")} in the plan`,
        )
      : paint(io, "red", `✗ ${wrong} of ${counted(rows.length, "answer")} wrong or missing`);
  return [...lines, verdict].join("\n");
}

function mark({ state }: AnswerRow, io: Pick<Io, "colour">): string {
  if (state === "right") return paint(io, "green", "✓ right");
  return paint(io, "red", state === "wrong" ? "✗ wrong" : "✗ no answer");
}

type Together = { readonly row: AnswerRow; readonly servers: readonly string[] };

/** Rows of one name and type that answered the same, as one. */
function sameTogether(rows: readonly AnswerRow[]): readonly Together[] {
  const groups = new Map<string, { readonly row: AnswerRow; readonly servers: string[] }>();
  for (const row of rows) {
    const key = `${row.type} ${row.fqdn} ${row.addresses.join(" ")}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { row, servers: [row.server] });
    else group.servers.push(row.server);
  }
  return [...groups.values()];
}

/** The rows as data. */
export function verifyData(rows: readonly AnswerRow[], heard: readonly Heard[]): JsonObject {
  return {
    servers: heard.map(({ server, answers }) => ({
      server: server.id,
      silent: answers.silent?.toJson() ?? null,
    })),
    answers: rows.map((row) => ({ ...row })),
    right: rows.every(({ state }) => state === "right"),
  };
}

/** AnswerWrong when a server answers outside the plan or not; what kept a silent server from answering otherwise. */
export function failureOfRows(
  rows: readonly AnswerRow[],
  heard: readonly Heard[],
): Failure | undefined {
  const bad = rows.filter(({ state }) => state !== "right");
  const wrong = bad.find(({ state }) => state === "wrong");
  const first = wrong ?? bad[0];
  const silent = heard.find(({ answers }) => answers.silent !== undefined)?.answers.silent;
  if (wrong === undefined && silent !== undefined) return silent;
  if (first === undefined) return undefined;
  const more = bad.length > 1 ? ` (and ${bad.length - 1} more)` : "";
  const remedy = `Run \`npx sovereign dns why ${first.fqdn}\`.`;
  const message = `${first.type} ${first.fqdn}: ${first.because}${more}`;
  return new Failure("AnswerWrong", message, { where: first.server, remedy });
}
