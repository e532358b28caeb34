/** The calls in a piece of Lua, as far as a configuration needs: names, arguments, fields of tables. Nothing is run. */

export type LuaCall = {
  /** `newServer`, `setCache`: without what stands before a dot or colon. */
  readonly name: string;
  /** From 1 on. */
  readonly line: number;
  /** Each argument as its words joined by blanks; strings without their quotes. */
  readonly args: readonly string[];
  /** `key = value` of tables among the arguments, as words. */
  readonly fields: ReadonlyMap<string, string>;
};

type Token = {
  readonly kind: "name" | "text" | "other";
  readonly text: string;
  readonly line: number;
};

/** Every call, inner ones too, in the order of their names in the text; what can not be read is passed over. */
export function luaCalls(source: string): readonly LuaCall[] {
  const tokens = tokensOf(source);
  return tokens.flatMap((token, index): readonly LuaCall[] => {
    const next = tokens[index + 1];
    if (token.kind !== "name" || next === undefined) return [];
    const isCall = next.text === "(" || next.text === "{" || next.kind === "text";
    if (!isCall || luaWords.has(token.text) || next.line - token.line > 1) return [];
    return [{ name: token.text, line: token.line, ...argumentsOf(tokens, index + 1) }];
  });
}

const luaWords = new Set(
  "and break do else elseif end false for function if in local nil not or repeat return then true until while".split(
    " ",
  ),
);

const opening: ReadonlySet<string> = new Set(["(", "{", "["]);
const closing: ReadonlySet<string> = new Set([")", "}", "]"]);

/** The arguments that begin at `from`: in brackets, or one string or table without them. */
function argumentsOf(tokens: readonly Token[], from: number): Pick<LuaCall, "args" | "fields"> {
  const first = tokens[from];
  if (first?.kind === "text") return { args: [first.text], fields: new Map() };
  const args: string[][] = [[]];
  const fields = new Map<string, string>();
  let depth = 0;
  let key: string | undefined;
  for (let at = from; at < tokens.length; at++) {
    const token = tokens[at];
    if (token === undefined) break;
    const bracket = token.kind === "other";
    if (bracket && closing.has(token.text)) {
      depth -= 1;
      key = undefined;
    }
    if (depth === 0 && at > from) break;
    if (bracket && (token.text === "," || token.text === ";")) {
      key = undefined;
      if (depth === 1) args.push([]);
    } else if (depth > 0) {
      args.at(-1)?.push(token.text);
      if (key !== undefined) fields.set(key, `${fields.get(key) ?? ""} ${token.text}`.trim());
      const isKey = token.kind === "name" && tokens[at + 1]?.text === "=";
      if (isKey && key === undefined) {
        key = token.text;
        fields.set(key, "");
        at += 1;
      }
    }
    if (bracket && opening.has(token.text)) depth += 1;
  }
  return { args: args.map((words) => words.join(" ")), fields };
}

/** Longest first; comments and blanks are matched to be passed over. */
const lexeme =
  /(--\[(=*)\[[\s\S]*?(?:\]\2\]|$)|--[^\n]*|\s+)|\[(=*)\[([\s\S]*?)\]\3\]|"((?:\\[\s\S]|[^"\\\n])*)"|'((?:\\[\s\S]|[^'\\\n])*)'|([A-Za-z_][A-Za-z0-9_]*)|([0-9][0-9A-Za-z.]*|[\s\S])/g;

function tokensOf(source: string): readonly Token[] {
  const tokens: Token[] = [];
  let line = 1;
  for (const match of source.matchAll(lexeme)) {
    const [all, blank, , , long, double, single, name, other] = match;
    const string = long ?? double ?? single;
    if (blank === undefined) {
      if (string !== undefined) tokens.push({ kind: "text", text: string, line });
      else if (name !== undefined) tokens.push({ kind: "name", text: name, line });
      else tokens.push({ kind: "other", text: other ?? "", line });
    }
    line += all.split("\n").length - 1;
  }
  return tokens;
}
