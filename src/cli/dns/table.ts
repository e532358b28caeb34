/** Columns for people: padded to their widest cell, the last one free; colour does not count as width. */
import { stripVTControlCharacters } from "node:util";

const width = (text: string): number => stripVTControlCharacters(text).length;

/** Rows as aligned lines, each after `indent`. */
export function alignedLines(
  rows: readonly (readonly string[])[],
  indent: string,
): readonly string[] {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [column, cell] of row.slice(0, -1).entries()) {
      widths[column] = Math.max(widths[column] ?? 0, width(cell));
    }
  }
  return rows.map((row) => {
    const cells = row.map((cell, column) =>
      column === row.length - 1 ? cell : cell + " ".repeat((widths[column] ?? 0) - width(cell)),
    );
    return `${indent}${cells.join("  ")}`.trimEnd();
  });
}
