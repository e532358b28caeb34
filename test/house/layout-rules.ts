/** Rules on how files are named, how long they are and how they begin (STYLE §4, §7, §8). */
import type { Finding, Rule, TextFile } from "./finding.ts";

const longestFileLines = 400;
const codeFolders = /^(?:src|test|scripts|bin)\//;
const isCode = (path: string): boolean =>
  codeFolders.test(path) && /\.(?:ts|tsx|mjs|js|css)$/.test(path);
const isTest = (path: string): boolean => /\.test\.ts$/.test(path);

const nothingNames = new Set(["utils", "util", "helpers", "helper", "manager", "common", "misc"]);

/** Lines of a file; the line break at its end opens no further line. */
export function countLines(text: string): number {
  return text === "" ? 0 : text.replace(/\n$/, "").split("\n").length;
}

const whole = (file: TextFile, found: string, remedy: string): Finding => ({
  file: file.path,
  line: 1,
  found,
  remedy,
});

const sizeRule: Rule = {
  name: "no file is longer than 400 lines",
  applies: (path) => codeFolders.test(path),
  check: (file) => {
    const lines = countLines(file.text);
    if (lines <= longestFileLines) return [];
    return [whole(file, `${lines} lines`, "Split it by what it defines; 200 is long already.")];
  },
  bad: [{ path: "src/core/long.ts", text: "a\n".repeat(401) }],
  good: [{ path: "src/core/full.ts", text: "a\n".repeat(400) }],
};

const nameRule: Rule = {
  name: "no file or folder is named after nothing (utils, helpers, manager, index, common, misc)",
  applies: (path) => codeFolders.test(path),
  check: (file) => {
    const empty = file.path.split("/").flatMap((segment) => {
      const stem = segment.split(".")[0] ?? "";
      return stem === "index" ? [stem] : stem.split("-").filter((word) => nothingNames.has(word));
    });
    return empty.map((word) => whole(file, `"${word}"`, "Name it after the one thing it defines."));
  },
  bad: [
    { path: "src/core/utils/x.ts", text: "" },
    { path: "src/cli/dns-helpers.ts", text: "" },
    { path: "src/core/index.ts", text: "" },
  ],
  good: [{ path: "src/core/kernel/assert.ts", text: "" }],
};

const kebab = /^[a-z0-9]+(?:-[a-z0-9]+)*(?:\.[a-z0-9]+(?:-[a-z0-9]+)*)*$/;

const kebabRule: Rule = {
  name: "files and folders are named in kebab-case",
  applies: (path) => codeFolders.test(path),
  check: (file) =>
    file.path
      .split("/")
      .filter((segment) => !kebab.test(segment))
      .map((segment) => whole(file, `"${segment}"`, "Write it in lower case with hyphens.")),
  bad: [
    { path: "src/core/deskZone.ts", text: "" },
    { path: "test/House/x.ts", text: "" },
  ],
  good: [{ path: "test/integration/active-active.pdns.test.ts", text: "" }],
};

const openingRule: Rule = {
  name: "a file opens with a comment that says what it is",
  applies: (path) => isCode(path) && !isTest(path),
  check: (file) => {
    const first = file.text
      .replace(/^#![^\n]*\n/, "")
      .split("\n")
      .find((line) => line.trim() !== "");
    if (first !== undefined && /^(?:\/\*|\/\/)/.test(first)) return [];
    return [whole(file, "no opening comment", "Say in a sentence what the file is and follows.")];
  },
  bad: [{ path: "src/core/x.ts", text: 'import "./y.ts";\n' }],
  good: [
    { path: "src/core/x.ts", text: "/** What x is. */\n" },
    { path: "bin/x.mjs", text: "#!/usr/bin/env node\n// What x is.\n" },
  ],
};

const placeRule: Rule = {
  name: "every source file lies in a layer",
  applies: (path) => path.startsWith("src/"),
  check: (file) =>
    file.path.split("/").length >= 3
      ? []
      : [whole(file, "a file beside the layers", "Move it into the layer it belongs to.")],
  bad: [{ path: "src/main.ts", text: "" }],
  good: [{ path: "src/cli/main.ts", text: "" }],
};

export const layoutRules: readonly Rule[] = [sizeRule, nameRule, kebabRule, openingRule, placeRule];

/** Median line count of the source files that are not tests; a habit to watch, not a limit. */
export function medianLines(files: readonly TextFile[]): number {
  const sizes = files
    .filter((file) => file.path.startsWith("src/") && isCode(file.path) && !isTest(file.path))
    .map((file) => countLines(file.text))
    .sort((a, b) => a - b);
  return sizes[Math.floor(sizes.length / 2)] ?? 0;
}
