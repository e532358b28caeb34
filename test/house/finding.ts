/** What a rule of the house found: one place, what is wrong there, and what to do about it. */

export type Finding = {
  readonly file: string;
  /** 1-based; 1 when the whole file is meant. */
  readonly line: number;
  readonly found: string;
  readonly remedy: string;
};

/** A text file of the repository; `path` is relative to its root, with forward slashes. */
export type TextFile = { readonly path: string; readonly text: string };

/** A rule over one file. `bad` and `good` are samples that keep the rule itself honest. */
export type Rule = {
  /** A sentence that could stand in STYLE.md. */
  readonly name: string;
  readonly applies: (path: string) => boolean;
  readonly check: (file: TextFile) => readonly Finding[];
  /** Each of these is refused. */
  readonly bad: readonly TextFile[];
  /** Each of these is accepted. */
  readonly good: readonly TextFile[];
};

/** One line for the report: `src/x.ts:3 TODO. Do it now or open an issue.` */
export function describeFinding(finding: Finding): string {
  return `${finding.file}:${finding.line} ${finding.found}. ${finding.remedy}`;
}

/** All that `rule` finds in those of `files` to which it applies. */
export function applyRule(rule: Rule, files: readonly TextFile[]): readonly Finding[] {
  return files.filter((file) => rule.applies(file.path)).flatMap((file) => rule.check(file));
}

export type LineRule = Omit<Rule, "check"> & {
  /** Matched against every line; the match is shown. */
  readonly pattern: RegExp;
  readonly remedy: string;
};

/** A rule that refuses every line on which `pattern` is found. */
export function lineRule(options: LineRule): Rule {
  const { pattern, remedy, ...rest } = options;
  const check = (file: TextFile): readonly Finding[] =>
    file.text.split("\n").flatMap((text, index) => {
      const match = pattern.exec(text);
      if (match === null) return [];
      return [{ file: file.path, line: index + 1, found: `"${match[0].trim()}"`, remedy }];
    });
  return { ...rest, check };
}

/** 1-based line of the character at `offset`. */
export function lineAt(text: string, offset: number): number {
  return text.slice(0, offset).split("\n").length;
}
