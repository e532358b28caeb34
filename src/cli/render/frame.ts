/** Lines of styled text with a known width: clipped, padded and put side by side before they are coloured. */
import { styleText } from "node:util";

type Style = Parameters<typeof styleText>[0];

/** A run of text in one style; every character takes one column. */
export type Span = { readonly text: string; readonly style?: Style };
export type Line = readonly Span[];

/** Text without control characters, which could move the cursor of whoever looks. */
export function span(text: string, style?: Style): Span {
  const clean = text.replace(/\p{Cc}/gu, " ");
  return style === undefined ? { text: clean } : { text: clean, style };
}

export function widthOf(line: Line): number {
  return line.reduce((sum, { text }) => sum + [...text].length, 0);
}

/** The line cut to `width` columns, its last one an ellipsis when something was cut. */
export function clip(line: Line, width: number): Line {
  if (widthOf(line) <= width) return line;
  const clipped: Span[] = [];
  let left = Math.max(0, width - 1);
  for (const part of line) {
    const text = [...part.text].slice(0, left).join("");
    left -= [...text].length;
    if (text !== "") clipped.push({ ...part, text });
  }
  return width > 0 ? [...clipped, { text: "…" }] : [];
}

export function pad(line: Line, width: number): Line {
  const missing = width - widthOf(line);
  return missing > 0 ? [...line, { text: " ".repeat(missing) }] : line;
}

/** Two blocks of lines beside each other, each `width` columns wide. */
export function beside(
  left: readonly Line[],
  right: readonly Line[],
  width: number,
): readonly Line[] {
  const rows = Math.max(left.length, right.length);
  return Array.from({ length: rows }, (_, row) => [
    ...pad(clip(left[row] ?? [], width), width),
    ...clip(right[row] ?? [], width),
  ]);
}

/** The line as text for a terminal. */
export function write(line: Line, colour: boolean): string {
  return line
    .map(({ text, style }) =>
      colour && style !== undefined ? styleText(style, text, { validateStream: false }) : text,
    )
    .join("")
    .trimEnd();
}
