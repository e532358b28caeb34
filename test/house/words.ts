/** The banned words of docs/glossary.md, with what to say instead and where another trade's word may stand. */
import { type Finding, lineAt, type Rule, type TextFile } from "./finding.ts";
import { lex } from "./lexer.ts";

/** `everywhere`: names, comments and text. `shown`: documents and strings, since programmers use the word too. */
type BannedWord = { readonly where: "everywhere" | "shown"; readonly instead: string };

const regionWords =
  'A region is active, standby or fenced for a group at a moment; an order has a "first".';

export const bannedWords: Readonly<Record<string, BannedWord>> = {
  primary: { where: "everywhere", instead: regionWords },
  primaries: { where: "everywhere", instead: regionWords },
  DR: { where: "everywhere", instead: regionWords },
  master: { where: "everywhere", instead: regionWords },
  slave: { where: "everywhere", instead: regionWords },
  tenant: { where: "everywhere", instead: "Say Organization." },
  workspace: { where: "everywhere", instead: "Say Environment." },
  operator: { where: "shown", instead: "Say sovereign-admin for the person." },
  module: { where: "shown", instead: "Say Blueprint for what is installed; part for code." },
  template: { where: "shown", instead: "Say Blueprint for what is installed; pattern for text." },
  instance: { where: "shown", instead: "Say Application for what runs." },
};

/** Words of other trades that have no other name; each is taken out of the line before it is judged. */
export const allowedContexts: readonly { readonly pattern: RegExp; readonly why: string }[] = [
  { pattern: /\bnpm workspaces?\b/gi, why: "npm calls its feature so" },
  { pattern: /\bfor instance\b/gi, why: "an English phrase" },
  { pattern: /\bnode_modules\b/g, why: "npm's folder" },
  { pattern: /\b(?:ES|Node|TypeScript) modules?\b/g, why: "the language's word" },
  { pattern: /"module"|=module\b/g, why: "the value of a JSON or command-line setting" },
  { pattern: /\b(?:Lua|code) templates?\b/gi, why: "a piece of code with holes" },
  { pattern: /\btemplate (?:literal|string)s?\b/g, why: "the language's word" },
  { pattern: /\b(?:CloudNativePG|Kubernetes) operators?\b/g, why: "a program, not a person" },
  { pattern: /\b(?:primary|secondary)=(?:yes|no)\b/g, why: "settings of PowerDNS" },
  { pattern: /\bkind"?: ?"(?:Master|Slave|Primary)"/g, why: "zone kinds in PowerDNS's API" },
  { pattern: /\bprimaryRegion\b(?!\s*=)/g, why: "a field of the platform's Continuum" },
  { pattern: /\bPRIMARY KEY\b/g, why: "the term of SQL" },
  { pattern: /\bprimary_conninfo\b/g, why: "a setting of PostgreSQL" },
  { pattern: /\bnode:module\b/g, why: "a part of Node" },
  { pattern: /\bmodules = \[|\besModule\b/g, why: "settings of workerd" },
  { pattern: /\bmaster_tsig_key_ids\b/g, why: "a field of PowerDNS's API" },
  {
    pattern: /\bhz-fsn-primary-prod\b/g,
    why: "a name that the naming rules refuse, in their test",
  },
  {
    pattern:
      /"template"|\bspec\.template\b|\btemplate `labels`|\bpod-template-hash\b|\bsystem:masters\b/g,
    why: "fields and names of Kubernetes",
  },
  { pattern: /\bgrid-template\b/g, why: "a property of CSS" },
  {
    pattern: /\b(?:master|slave)(?:_[a-z0-9_]+|auth|user)\b|\brole:(?:master|slave)\b/g,
    why: "fields of Valkey's INFO, and settings of its replication",
  },
  {
    pattern:
      /\bspec\.replica\.primary\b|\breplica(?:\(|: )\{ primary\b|\breplica\.primary\b|["'](?:f:)?primary["']|\bcnpg\.io\/\w+(?:=instance)?|\b(?:current|target)Primary\w*|\bReplicaClusterDesignatedPrimaryTransition\b|\breadyInstances\b|\bspec\.instances\b|\binstances:|"instance"/g,
    why: "fields, labels and annotations of CloudNativePG",
  },
  {
    pattern: /\bSetting up primary\b|\bPromoting to primary cluster\b|\bfor current instance\b/g,
    why: "what CloudNativePG says in a status",
  },
  {
    pattern: /\bkube\/operators\b|\bcnpg-operator\b/g,
    why: "the folder and the program of fake Kubernetes operators",
  },
  { pattern: /\bslave(?:\\d\+|\d+:|-read-only)/g, why: "the same" },
  { pattern: /\bmaster file(?:s| format)?\b/gi, why: "the text form of a zone in RFC 1035" },
];

/** The words of a line, identifiers cut at their humps: `isActiveDR` gives is, Active, DR. */
function wordsOf(line: string): readonly string[] {
  return line.match(/[A-Z]+(?![a-z])|[A-Z]?[a-z]+/g) ?? [];
}

function bannedForm(word: string): string | undefined {
  const lower = word.toLowerCase();
  return ["DR", lower, lower.replace(/s$/, "")].find((form, index) =>
    index === 0 ? word === form : form !== "dr" && Object.hasOwn(bannedWords, form),
  );
}

function findWords(
  file: TextFile,
  text: string,
  offset: number,
  shown: boolean,
): readonly Finding[] {
  const firstLine = lineAt(file.text, offset);
  return text.split("\n").flatMap((line, index) => {
    const judged = allowedContexts.reduce((rest, { pattern }) => rest.replace(pattern, " "), line);
    return wordsOf(judged).flatMap((word): readonly Finding[] => {
      const form = bannedForm(word);
      const rule = form === undefined ? undefined : bannedWords[form];
      if (rule === undefined || (rule.where === "shown" && !shown)) return [];
      return [
        { file: file.path, line: firstLine + index, found: `"${word}"`, remedy: rule.instead },
      ];
    });
  });
}

const applies = (path: string): boolean =>
  /^(?:src|docs|examples)\/|^[A-Z]+\.md$/.test(path) &&
  /\.(?:ts|tsx|css|html|md|yaml|yml|json)$/.test(path) &&
  // These two state the banned words.
  path !== "docs/glossary.md" &&
  path !== "STYLE.md";

const sample = (text: string, path = "src/core/x.ts"): TextFile => ({ path, text });

export const wordRule: Rule = {
  name: "the banned words of the glossary are used nowhere",
  applies,
  check: (file) => {
    if (!/\.tsx?$/.test(file.path)) return findWords(file, file.text, 0, true);
    return lex(file.text).flatMap((piece) =>
      findWords(file, piece.text, piece.offset, piece.kind === "string"),
    );
  },
  bad: [
    sample("const primaryRegion = 1;"),
    sample("// fails over to DR"),
    sample('const label = "1 tenant";'),
    sample("log(`ask your operator $" + "{x}`);"),
    sample("Install the template.", "docs/x.md"),
    sample("kind: Workspace", "examples/x.yaml"),
    sample("All slaves follow.", "README.md"),
  ],
  good: [
    sample("// Records come from one code template; `x instanceof Y`."),
    sample("if (x instanceof Failure) return template;"),
    sample("We do not use npm workspaces.", "docs/x.md"),
    sample("const address = dryRun;"),
  ],
};
