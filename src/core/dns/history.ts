/**
 * What happened to one name, folded from the journal of a region: each change, drift, conflict, wrong answer and broken
 * document with its revision and reason, and what the servers held at any moment. Events in, history out.
 */
import type { JournalEvent } from "../kernel/event.ts";
import type { Json, JsonObject } from "../kernel/json.ts";

/** Whom a person means: an FQDN, `{environment}/{application}`, or an Application's name in any Environment. */
export type Subject = {
  /** What its Application may be called; the Environment is not part of it. */
  readonly applicationNames: readonly string[];
  /** `key` is `{environment}/{application}`. */
  readonly isApplication: (key: string) => boolean;
  /** `name` is the name of a record, with or without the closing dot and `_why`. */
  readonly isName: (name: string) => boolean;
};

export type HistoryKind = "changed" | "drift" | "conflict" | "wrong" | "right" | "document";

export type HistoryEntry = {
  readonly atMs: number;
  readonly stream: string;
  readonly seq: number;
  readonly kind: HistoryKind;
  /** Revision that was worked on, null when no revision is known for it. */
  readonly revision: string | null;
  /** `{environment}/{application}` or the name, as far as the event says. */
  readonly subject: string;
  /** The server concerned; null for a document. */
  readonly server: string | null;
  /** Stable word, as in plans and judgements. */
  readonly reason: string;
  readonly because: string;
  readonly records: readonly RecordChange[];
};

export type RecordChange = {
  readonly name: string;
  readonly type: string;
  readonly before: readonly string[];
  readonly after: readonly string[];
};

/** One rrset that a server holds, as far as the journal says. */
export type HeldRecord = {
  readonly server: string;
  readonly name: string;
  readonly type: string;
  readonly records: readonly string[];
  readonly sinceMs: number;
  readonly revision: string | null;
};

/** Something wrong that nothing in the journal has ended yet. */
export type OpenTrouble = {
  readonly kind: "conflict" | "wrong";
  readonly server: string;
  readonly subject: string;
  readonly because: string;
  readonly sinceMs: number;
};

export type History = {
  /** Oldest first; at most `entriesMax`, the oldest of which are dropped. */
  readonly entries: readonly HistoryEntry[];
  readonly dropped: number;
  /** Revision that was read last. */
  readonly revision: string | null;
  readonly held: ReadonlyMap<string, HeldRecord>;
  readonly troubles: ReadonlyMap<string, OpenTrouble>;
};

export const noHistory: History = {
  entries: [],
  dropped: 0,
  revision: null,
  held: new Map(),
  troubles: new Map(),
};

const entriesMax = 10_000;

/** The subject that `text` names. */
export function subjectOf(text: string): Subject {
  const plain = plainName(text.trim());
  const [first = "", second = "", ...rest] = plain.split("/");
  const isKey = second !== "" && rest.length === 0;
  const pairs = [
    { environment: first, application: second },
    { environment: second, application: first },
  ];
  return {
    applicationNames: isKey ? [first, second] : [first.split(".")[0] ?? ""],
    isApplication: (key) =>
      isKey
        ? pairs.some(({ environment, application }) => key === `${environment}/${application}`)
        : key.split("/")[1] === plain,
    isName: (name) => {
      const asked = plainName(name);
      if (!isKey) return asked === plain || asked.split(".")[0] === plain;
      return pairs.some(({ environment, application }) =>
        asked.startsWith(`${application}.${environment}.`),
      );
    },
  };
}

function plainName(name: string): string {
  return name
    .toLowerCase()
    .replace(/\.$/, "")
    .replace(/^_why\./, "");
}

/** The history after one more event; events that are not about the subject change at most the revision. */
export function foldHistory(history: History, event: JournalEvent, subject: Subject): History {
  const { type, data } = event;
  switch (type) {
    case "source.revisionRead":
      return { ...history, revision: text(data, "revision") ?? history.revision };
    case "dns.changed":
    case "dns.driftRepaired":
      return foldChange(history, event, subject);
    case "dns.conflict":
      return foldTrouble(history, event, subject, "conflict");
    case "dns.answerWrong":
      return foldTrouble(history, event, subject, "wrong");
    case "dns.answerRight":
      return foldRight(history, event, subject);
    case "source.documentBroken":
      return foldDocument(history, event, subject);
    default:
      return history;
  }
}

function foldChange(history: History, event: JournalEvent, subject: Subject): History {
  const { data, atMs } = event;
  const application = text(data, "application") ?? "";
  const all = recordsOf(data["records"]);
  const records = subject.isApplication(application)
    ? all
    : all.filter(({ name }) => subject.isName(name));
  if (records.length === 0) return history;
  const server = text(data, "server") ?? "";
  const revision = text(data, "revision") ?? null;
  const held = new Map(history.held);
  const troubles = new Map(history.troubles);
  for (const { name, type, after } of records) {
    const key = `${server} ${name} ${type}`;
    if (after.length === 0) held.delete(key);
    else held.set(key, { server, name, type, records: after, sinceMs: atMs, revision });
    troubles.delete(`conflict ${server} ${plainName(name)}`);
  }
  const kind = event.type === "dns.driftRepaired" ? "drift" : "changed";
  const entry = entryOf(event, { kind, subject: application, revision, records });
  return { ...withEntry(history, entry), held, troubles };
}

function foldTrouble(
  history: History,
  event: JournalEvent,
  subject: Subject,
  kind: OpenTrouble["kind"],
): History {
  const found = concerned(event.data, subject);
  if (found === undefined) return history;
  const entry = entryOf(event, { kind, subject: found, revision: history.revision, records: [] });
  const { server, because, atMs: sinceMs } = entry;
  const key = troubleKey(kind, event.data);
  const trouble = { kind, server: server ?? "", subject: found, because, sinceMs };
  const troubles = new Map(history.troubles).set(key, trouble);
  return { ...withEntry(history, entry), troubles };
}

function foldRight(history: History, event: JournalEvent, subject: Subject): History {
  const found = concerned(event.data, subject);
  if (found === undefined) return history;
  const { revision } = history;
  const entry = entryOf(event, { kind: "right", subject: found, revision, records: [] });
  const troubles = new Map(history.troubles);
  troubles.delete(troubleKey("wrong", event.data));
  return { ...withEntry(history, entry), troubles };
}

/** The journal names a broken document by `Kind/name` only, so every Application of that name is concerned. */
function foldDocument(history: History, event: JournalEvent, subject: Subject): History {
  const document = text(event.data, "document") ?? "";
  const [kind, name = ""] = document.split("/");
  const isMeant = kind === "Application" && subject.applicationNames.includes(name.toLowerCase());
  if (!isMeant) return history;
  const { file, line, path, found, expected } = event.data;
  const because = `${String(file)}:${String(line)} ${String(path)}: found ${String(found)}, expected ${String(expected)}`;
  const entry = entryOf(event, {
    kind: "document",
    subject: document,
    revision: text(event.data, "revision") ?? null,
    records: [],
  });
  return withEntry(history, { ...entry, because });
}

/** What a conflict or an answer is about, when it is about the subject. */
function concerned(data: JsonObject, subject: Subject): string | undefined {
  const name = text(data, "fqdn") ?? text(data, "name") ?? "";
  const application = text(data, "application") ?? "";
  if (!subject.isApplication(application) && !subject.isName(name)) return undefined;
  const question = text(data, "question");
  return question === undefined ? plainName(name) : `${question} ${plainName(name)}`;
}

function troubleKey(kind: OpenTrouble["kind"], data: JsonObject): string {
  const name = plainName(text(data, "fqdn") ?? text(data, "name") ?? "");
  const question = text(data, "question");
  const key = `${kind} ${text(data, "server") ?? ""} ${name}`;
  return question === undefined ? key : `${key} ${question}`;
}

function entryOf(
  { atMs, stream, seq, data }: JournalEvent,
  of: Pick<HistoryEntry, "kind" | "subject" | "revision" | "records">,
): HistoryEntry {
  return {
    atMs,
    stream,
    seq,
    server: text(data, "server") ?? null,
    reason: text(data, "reason") ?? "",
    because: text(data, "because") ?? "",
    ...of,
  };
}

function withEntry(history: History, entry: HistoryEntry): History {
  const entries = [...history.entries.slice(-(entriesMax - 1)), entry];
  const dropped = history.dropped + history.entries.length + 1 - entries.length;
  return { ...history, entries, dropped };
}

function text(data: JsonObject, field: string): string | undefined {
  const value = Object.hasOwn(data, field) ? data[field] : undefined;
  return typeof value === "string" ? value : undefined;
}

/** The records of a change; what an older or foreign writer left out is read as nothing. */
function recordsOf(value: Json | undefined): readonly RecordChange[] {
  if (!Array.isArray(value)) return [];
  return value.flatMap((one: Json): readonly RecordChange[] => {
    if (one === null || typeof one !== "object" || Array.isArray(one)) return [];
    const record = one as JsonObject; // Lists and null are excluded above.
    const name = text(record, "name");
    const type = text(record, "type");
    if (name === undefined || type === undefined) return [];
    return [{ name, type, before: texts(record["before"]), after: texts(record["after"]) }];
  });
}

function texts(value: Json | undefined): readonly string[] {
  return Array.isArray(value) ? value.filter((one): one is string => typeof one === "string") : [];
}
