import fc from "fast-check";
import { expect, test } from "vitest";
import {
  chunkBytesMax,
  chunksOf,
  joinedContent,
  luaContent,
  luaList,
  luaString,
  objectionToLua,
  tokenizeLua,
} from "./lua.ts";

test.each(["'", '"', "\\", "\n", "\u0000", "ü"])("a literal with %j is a bug of ours", (bad) => {
  expect(() => luaString(`a${bad}b`)).toThrow("a Lua literal holds");
});

test.each([
  ["a'b", "a string literal does not end"],
  ['a"b', "a double quote"],
  ["a\\b", "a double quote or a backslash"],
  ["a\nb", "printable ASCII"],
  ["return 1 -- x", "a comment"],
  ["t[t[1]]", "a long bracket"],
  ["[[x]]", "a long bracket"],
  ["[=[x]=]", "a long bracket"],
  ["", "printable ASCII"],
])("code %j is never sent: %s", (code, why) => {
  expect(objectionToLua(code)).toContain(why);
  expect(() => luaContent("A", code)).toThrow("refused");
});

test("a comment mark inside a literal is text", () => {
  expect(objectionToLua("'a--b'")).toBeUndefined();
  expect(tokenizeLua("f('a--b',{})")).toEqual([
    { kind: "code", text: "f(" },
    { kind: "literal", text: "a--b" },
    { kind: "code", text: ",{})" },
  ]);
});

test("short text is one literal, long text several that are joined", () => {
  expect(luaString("")).toBe("''");
  expect(luaString("abc")).toBe("'abc'");
  expect(luaString("x".repeat(401))).toBe(`'${"x".repeat(200)}'.. '${"x".repeat(200)}'.. 'x'`);
});

const plainText = fc.stringMatching(/^[A-Za-z0-9 ,.:/?=&-]{0,600}$/);

test("chunks fit the wire, join to the code, and are whole with a space between them, too", () => {
  fc.assert(
    fc.property(fc.array(plainText, { minLength: 1, maxLength: 60 }), (texts) => {
      const code = `f(${luaList(texts)},${texts.map(luaString).join(", ")})`;
      const chunks = chunksOf(code);
      expect(chunks.join("")).toBe(code);
      for (const chunk of chunks) expect(chunk.length).toBeLessThanOrEqual(chunkBytesMax);
      for (const chunk of chunks.slice(0, -1)) {
        expect(chunk).toMatch(/[, ]$/);
        expect((chunk.split("'").length - 1) % 2, "no literal is cut").toBe(0);
      }
      const content = luaContent("A", code);
      expect(joinedContent(content)).toBe(`A "${code}"`);
    }),
  );
});

test("content is compared with its chunks joined, whatever the server made of them", () => {
  expect(joinedContent('a "x," "y"')).toBe('A "x,y"');
  expect(joinedContent('A "x,"  "y" ')).toBe('A "x,y"');
  expect(joinedContent("not content")).toBe("not content");
});
