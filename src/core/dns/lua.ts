/**
 * Lua text for PowerDNS LUA records (facts of PowerDNS §6): string literals, chunks, and the check that
 * guards every piece of code before it leaves this program. LUA code is code execution on the name server.
 */
import { assert } from "../kernel/assert.ts";
import { writeMarker } from "./marker.ts";
import type { Ownership } from "./model.ts";

/** Longest chunk; 255 is the limit of the wire, and an AXFR secondary cuts blindly at it. */
export const chunkBytesMax = 250;
/** A literal longer than this is written as several joined by `..`, so that a chunk can end between them. */
const literalCharactersMax = 200;

/** A Lua string literal of plain characters; long text becomes `'…'.. '…'`. */
export function luaString(text: string): string {
  assert(/^[\x20-\x7e]*$/.test(text), "a Lua literal holds printable ASCII only");
  assert(!/['"\\]/.test(text), "a Lua literal holds no quote and no backslash");
  const parts: string[] = [];
  for (let at = 0; at === 0 || at < text.length; at += literalCharactersMax) {
    parts.push(`'${text.slice(at, at + literalCharactersMax)}'`);
  }
  return parts.join(".. ");
}

/** A Lua list of string literals. */
export function luaList(texts: readonly string[]): string {
  return `{${texts.map(luaString).join(",")}}`;
}

export type LuaToken = { readonly kind: "literal" | "code"; readonly text: string };

/** The code as string literals and what stands between them; undefined when a literal does not end. */
export function tokenizeLua(code: string): readonly LuaToken[] | undefined {
  const tokens: LuaToken[] = [];
  for (const [index, text] of code.split("'").entries()) {
    if (index % 2 === 1) tokens.push({ kind: "literal", text });
    else if (text !== "") tokens.push({ kind: "code", text });
  }
  return (code.split("'").length - 1) % 2 === 0 ? tokens : undefined;
}

/** Why the code must not be sent to a name server, or undefined when nothing speaks against it. */
export function objectionToLua(code: string): string | undefined {
  if (!/^[\x20-\x7e]+$/.test(code)) return "it holds something other than printable ASCII";
  if (/["\\]/.test(code)) return "it holds a double quote or a backslash";
  const tokens = tokenizeLua(code);
  if (tokens === undefined) return "a string literal does not end";
  const bad = tokens.find((token) => token.kind === "code" && /--|\[\[|\]\]|\[=/.test(token.text));
  return bad === undefined ? undefined : "a comment or a long bracket stands outside a literal";
}

/** Content of a LUA record: the type it answers and the code, with its owner's marker, in chunks that survive an AXFR. */
export function luaContent(
  type: "A" | "AAAA" | "TXT",
  code: string,
  ownership?: Ownership,
): string {
  const objection = objectionToLua(code);
  assert(objection === undefined, `code for a name server is refused: ${objection}`);
  const marked = ownership === undefined ? code : `${code}${writeMarker(ownership)}`;
  const quoted = chunksOf(marked).map((chunk) => `"${chunk}"`);
  return `${type} ${quoted.join(" ")}`;
}

/** Cuts only after a comma or a space outside literals: whole whether or not a server puts a space there. */
export function chunksOf(code: string): readonly string[] {
  if (code.length <= chunkBytesMax) return [code];
  const chunks: string[] = [];
  let start = 0;
  let cut = 0;
  let inLiteral = false;
  const flush = (end: number): void => {
    if (end - start > chunkBytesMax && cut > start) {
      chunks.push(code.slice(start, cut));
      start = cut;
    }
    cut = end;
  };
  for (let at = 0; at < code.length; at++) {
    const character = code[at];
    if (character === "'") inLiteral = !inLiteral;
    else if (!inLiteral && (character === "," || character === " ")) flush(at + 1);
  }
  flush(code.length);
  chunks.push(code.slice(start));
  assert(
    chunks.every((text) => text.length <= chunkBytesMax),
    "every chunk fits the wire",
  );
  return chunks;
}

/** Content of a LUA record with its chunks joined, for comparison: later servers cut them elsewhere. */
export function joinedContent(content: string): string {
  const match = /^\s*(\S+)\s+"(.*)"\s*$/s.exec(content);
  if (match === null) return content;
  return `${match[1]?.toUpperCase()} "${match[2]?.split(/"\s*"/).join("")}"`;
}
