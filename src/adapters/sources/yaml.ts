/**
 * YAML 1.2 files turned into documents with line numbers, by the library `yaml`. A file may hold several documents;
 * one that is broken becomes a problem and the others come out. Everything has a limit, because anybody may commit anything.
 */
import {
  Composer,
  type CST,
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  Parser,
} from "yaml";
import type { Json } from "../../core/kernel/json.ts";
import {
  type DocumentProblem,
  type JsonPath,
  type ParsedDocument,
  writeJsonPath,
} from "../../core/resources/document.ts";
import { withoutCredentials } from "../../core/resources/problem.ts";

export const fileBytesMax = 1024 * 1024;
const documentsMax = 1_000;
const aliasesMax = 50;
const depthMax = 32;
const fieldsMax = 2_000;

export type ParsedFile = {
  readonly documents: readonly ParsedDocument[];
  readonly problems: readonly DocumentProblem[];
};

/** Whether a file's name says that it is YAML. */
export function isYamlPath(path: string): boolean {
  return /\.ya?ml$/.test(path);
}

/** A problem of a file as a whole, or of one line in it. */
export function fileProblem(
  file: string,
  reason: string,
  finding: Pick<DocumentProblem, "found" | "expected"> & { readonly line?: number },
): DocumentProblem {
  const { found, expected, line = 1 } = finding;
  return {
    code: "DocumentInvalid",
    reason,
    file,
    line,
    document: "file",
    path: "$",
    found,
    expected,
  };
}

/** The problem of a file that is too large to be read. */
export function tooLarge(file: string, bytes: number): DocumentProblem {
  const expected = `at most ${fileBytesMax} bytes`;
  return fileProblem(file, "FileTooLarge", { found: `${bytes} bytes`, expected });
}

/** The documents in the bytes of one file; `file` is its path below the source's root. Never throws. */
export function parseYamlBytes(file: string, bytes: Uint8Array): ParsedFile {
  if (bytes.length > fileBytesMax) return refused(tooLarge(file, bytes.length));
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    const found = "bytes that are not UTF-8";
    return refused(fileProblem(file, "NotText", { found, expected: "UTF-8 text" }));
  }
  return parseYaml(file, text);
}

/** The documents in the text of one file. Never throws. */
export function parseYaml(file: string, text: string): ParsedFile {
  const lines = new LineCounter();
  const lineAt = (offset: number): number => Math.max(1, lines.linePos(offset).line);
  try {
    const tokens = [...new Parser(lines.addNewLine).parse(text)];
    for (const token of tokens) {
      const found = excessOf(token);
      if (found === undefined) continue;
      const line = lineAt("offset" in token ? token.offset : 0);
      return refused(fileProblem(file, "DocumentTooComplex", { line, found, expected: "less" }));
    }
    const composer = new Composer({
      logLevel: "error",
      prettyErrors: false,
      stringKeys: true,
      uniqueKeys: true,
      merge: false,
      version: "1.2",
    });
    const all: readonly Document.Parsed[] = [...composer.compose(tokens)];
    if (all.length > documentsMax) {
      const found = `${all.length} documents`;
      const expected = `at most ${documentsMax} in one file`;
      return refused(fileProblem(file, "TooManyDocuments", { found, expected }));
    }
    const read = all.map((document) => readDocument(file, document, { lineAt, text }));
    return {
      documents: read.flatMap(({ documents }) => documents),
      problems: read.flatMap(({ problems }) => problems),
    };
  } catch (thrown) {
    return refused(syntaxProblem(file, messageOf(thrown), 1));
  }
}

/**
 * What is too much in a document, undefined when nothing is. The library composes by recursion, and Node 20 ends the whole
 * process when a regular expression is compiled on an exhausted stack: depth has to be known before composing. Its search
 * for repeated fields takes the square of their number.
 */
function excessOf(root: CST.Token): string | undefined {
  let level: CST.Token[] = [root];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > depthMax) return `nested deeper than ${depthMax} levels`;
    if (level.some((token) => isMapToken(token) && token.items.length > fieldsMax)) {
      return `a mapping of more than ${fieldsMax} fields`;
    }
    level = level.flatMap(insideOf);
  }
  return undefined;
}

/** Also a flow list: what it holds is not told apart in the token, and may be `key: value` pairs. */
function isMapToken(token: CST.Token): token is CST.BlockMap | CST.FlowCollection {
  return token.type === "block-map" || token.type === "flow-collection";
}

function insideOf(token: CST.Token): CST.Token[] {
  if (token.type === "document") return token.value === undefined ? [] : [token.value];
  if (!("items" in token)) return [];
  return token.items.flatMap((item) =>
    [item.key, item.value].filter((inside) => inside !== undefined && inside !== null),
  );
}

type Source = { readonly text: string; readonly lineAt: (offset: number) => number };

function readDocument(file: string, document: Document.Parsed, source: Source): ParsedFile {
  const { lineAt } = source;
  // The first fault is enough: what follows a syntax error is mostly its echo.
  const fault = [...document.errors, ...document.warnings][0];
  if (fault !== undefined) {
    const conflict = conflictIn(source.text, document.range);
    if (conflict !== undefined) return refused(conflictProblem(file, lineAt(conflict)));
    return refused(syntaxProblem(file, fault.message, lineAt(fault.pos[0])));
  }
  const { contents } = document;
  if (contents === null) return nothing;
  const index: LineIndex = new Map();
  const firstLine = lineAt(contents.range[0]);
  const indexing: Indexing = { index, lineAt, anchors: new Set(), unknownAliases: [] };
  try {
    indexLines(contents, [], firstLine, indexing);
    const [unknown] = indexing.unknownAliases;
    if (unknown !== undefined) return refused(aliasProblem(file, unknown));
    const value = document.toJS({ maxAliasCount: aliasesMax }) as Json; // The core schema knows no other types.
    if (value === null) return nothing;
    return { documents: [{ file, value, lineOf: lineOfIndex(index) }], problems: [] };
  } catch (thrown) {
    return refused(syntaxProblem(file, messageOf(thrown), firstLine));
  }
}

/** Lines by written JSON path; the parsed tree itself would take ten times the memory of the text. */
type LineIndex = Map<string, number>;

type UnknownAlias = { readonly name: string; readonly line: number };
type Indexing = {
  readonly index: LineIndex;
  readonly lineAt: (offset: number) => number;
  /** Names that were given so far. */
  readonly anchors: Set<string>;
  readonly unknownAliases: UnknownAlias[];
};

/** Notes the line of a node (of a field, the line of its key) and of everything in it; does not follow aliases. */
function indexLines(node: unknown, path: JsonPath, line: number, indexing: Indexing): void {
  indexing.index.set(writeJsonPath(path), line);
  noteAnchor(node, line, indexing);
  if (isMap(node)) {
    for (const { key, value } of node.items) {
      if (!isScalar(key)) continue;
      noteAnchor(key, line, indexing);
      const below = [...path, String(key.value)];
      indexLines(value, below, lineOfNode(key, line, indexing), indexing);
    }
  } else if (isSeq(node)) {
    for (const [position, item] of node.items.entries()) {
      indexLines(item, [...path, position], lineOfNode(item, line, indexing), indexing);
    }
  }
}

/** The library says of an alias without its anchor neither where it stands, nor anything before all is read. */
function noteAnchor(node: unknown, line: number, indexing: Indexing): void {
  if (isAlias(node)) {
    if (indexing.anchors.has(node.source)) return;
    indexing.unknownAliases.push({ name: node.source, line: lineOfNode(node, line, indexing) });
  } else if ((isScalar(node) || isMap(node) || isSeq(node)) && node.anchor !== undefined) {
    indexing.anchors.add(node.anchor);
  }
}

function lineOfNode(node: unknown, otherwise: number, { lineAt }: Indexing): number {
  const mayHaveRange = isScalar(node) || isMap(node) || isSeq(node) || isAlias(node);
  return mayHaveRange && node.range ? lineAt(node.range[0]) : otherwise;
}

function lineOfIndex(index: LineIndex): (path: JsonPath) => number {
  return (path) => {
    for (let length = path.length; length >= 0; length--) {
      const line = index.get(writeJsonPath(path.slice(0, length)));
      if (line !== undefined) return line;
    }
    return 1;
  };
}

const nothing: ParsedFile = { documents: [], problems: [] };

function refused(problem: DocumentProblem): ParsedFile {
  return { documents: [], problems: [problem] };
}

function syntaxProblem(file: string, found: string, line: number): DocumentProblem {
  return fileProblem(file, "YamlSyntax", {
    line,
    found: withoutCredentials(found),
    expected: "YAML 1.2",
  });
}

function aliasProblem(file: string, { name, line }: UnknownAlias): DocumentProblem {
  return fileProblem(file, "YamlSyntax", {
    line,
    found: `the alias *${name}`,
    expected: `an anchor &${name} before it, in the same document`,
  });
}

/** Where Git left both sides of a merge in a document that is no YAML; undefined when it did not. */
function conflictIn(text: string, [start, , end]: Document.Parsed["range"]): number | undefined {
  const offset = text.slice(start, end).search(/^<{7}( |$)/m);
  return offset === -1 ? undefined : start + offset;
}

function conflictProblem(file: string, line: number): DocumentProblem {
  const found = "a merge conflict that Git left here (<<<<<<<)";
  return fileProblem(file, "YamlSyntax", { line, found, expected: "one of its two sides" });
}

function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
