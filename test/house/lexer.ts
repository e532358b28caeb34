/**
 * Cuts TypeScript into code, comments, strings and regular expressions, as far as the rules of the house need it.
 * TypeScript 7.0 has no API to ask (docs/adr/0010-dependencies.md); a slash is told apart by what stands before it.
 */

export type PieceKind = "code" | "comment" | "string" | "regex";

export type Piece = {
  readonly kind: PieceKind;
  readonly text: string;
  /** Offset of the first character in the source. */
  readonly offset: number;
};

const comment = /\/\/[^\n]*|\/\*[\s\S]*?(?:\*\/|$)/y;
const quoted = /"(?:\\[\s\S]|[^"\\\n])*"?|'(?:\\[\s\S]|[^'\\\n])*'?/y;
const templateText = /(?:\\[\s\S]|\$(?!\{)|[^`\\$])*/y;
const regex = /\/(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n[])+\/[a-z]*/y;
/** What stands before a slash that opens a regular expression rather than divides. */
const beforeRegex = /(?:^|[(,=:[!&|?{};+\-*%<>~^]|\b(?:return|typeof|case|of|in))\s*$/;

function matchAt(pattern: RegExp, source: string, offset: number): string | undefined {
  pattern.lastIndex = offset;
  return pattern.exec(source)?.[0];
}

/** The pieces of `source` in order; their texts joined give `source` again. */
export function lex(source: string): readonly Piece[] {
  const pieces: Piece[] = [];
  const braces: number[] = []; // Open braces inside each `${…}` that we are in.
  let code = "";
  let offset = 0;
  const push = (kind: PieceKind, text: string): void => {
    if (code !== "") pieces.push({ kind: "code", text: code, offset: offset - code.length });
    code = "";
    if (text !== "") pieces.push({ kind, text, offset });
    offset += text.length;
  };
  /** From a back-tick or a closing brace on, up to the end of the string or the next `${`. */
  const template = (): void => {
    const body = matchAt(templateText, source, offset + 1) ?? "";
    const opens = source.startsWith("${", offset + 1 + body.length);
    const end = offset + 1 + body.length + (opens ? 2 : 1);
    push("string", source.slice(offset, end));
    if (opens) braces.push(0);
  };
  while (offset < source.length) {
    const char = source[offset] ?? "";
    const found = matchAt(comment, source, offset);
    if (found !== undefined) push("comment", found);
    else if (char === '"' || char === "'") push("string", matchAt(quoted, source, offset) ?? char);
    else if (char === "`") template();
    else if (char === "}" && braces.at(-1) === 0) {
      braces.pop();
      template();
    } else {
      const literal = char === "/" && beforeRegex.test(code.slice(-80)) ? regex : undefined;
      const text = literal === undefined ? undefined : matchAt(literal, source, offset);
      if (text !== undefined) {
        push("regex", text);
        continue;
      }
      if (char === "{" && braces.length > 0) braces.push((braces.pop() ?? 0) + 1);
      if (char === "}" && braces.length > 0) braces.push((braces.pop() ?? 0) - 1);
      code += char;
      offset += 1;
    }
  }
  push("code", "");
  return pieces;
}
