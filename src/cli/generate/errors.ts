/** `docs/reference/errors.md`: the closed table of codes. */
import { anchorOf, type Code, codes } from "../../core/kernel/codes.ts";
import { banner, cell, table } from "./markdown.ts";

const retryWords: Readonly<Record<(typeof codes)[Code]["retry"], string>> = {
  now: "may be tried again at once",
  later: "may be tried again after a pause",
  never: "does not change by trying again",
};

/** The page. */
export function errorReference(): string {
  const all = Object.keys(codes) as Code[]; // The keys of the table are the codes.
  return [
    banner,
    "# Errors",
    "",
    "Every failure has a code of this table. A code never changes its meaning; its exit code and HTTP status are part of the interface.",
    "",
    ...table(
      ["code", "exit code", "HTTP status", "meaning"],
      all.map((code) => [
        `[${code}](#${anchorOf(code)})`,
        String(codes[code].exitCode),
        String(codes[code].httpStatus),
        cell(codes[code].meaning),
      ]),
    ),
    ...all.flatMap((code) => [
      "",
      `## ${code}`,
      "",
      cell(codes[code].meaning),
      "",
      `- What to do: ${codes[code].remedy}`,
      `- Exit code ${codes[code].exitCode}, HTTP status ${codes[code].httpStatus}; ${retryWords[codes[code].retry]}.`,
    ]),
    "",
  ].join("\n");
}
