/**
 * The folder in which the objects outlive the process: a snapshot of all of them, and a log of every change since, one checked line each.
 * A change counts when fdatasync has returned. As in `adapters/journal`, a torn last line is cut, and damage anywhere else is an error.
 */

import type { FileHandle } from "node:fs/promises";
import { open, readdir, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import { makeFolder } from "../../../adapters/journal/file-journal.ts";
import { acquireLock, type Lock } from "../../../adapters/journal/lock.ts";
import { syncFolder } from "../../../adapters/journal/segments.ts";
import { Failure } from "../../../core/kernel/failure.ts";
import type { Json, JsonObject } from "../../../core/kernel/json.ts";
import type { KubeObject } from "../objects/kube-object.ts";
import { type Change, type ChangeType, keyText, type ObjectKey } from "./change.ts";

export type Recovered = {
  readonly objects: Map<string, { readonly key: ObjectKey; readonly object: KubeObject }>;
  /** Changes since the snapshot, oldest first. */
  readonly changes: readonly Change[];
  readonly resourceVersion: number;
  /** Changes up to here are only in the snapshot. */
  readonly snapshotVersion: number;
};

const snapshotName = /^snapshot-(\d{16})\.ndjson$/;
const logName = /^log-(\d{16})\.ndjson$/;

const numbered = (kind: "snapshot" | "log", version: number): string =>
  `${kind}-${String(version).padStart(16, "0")}.ndjson`;

function checkedLine(value: JsonObject): string {
  const text = JSON.stringify(value);
  return `${crc32(text).toString(16).padStart(8, "0")} ${text}\n`;
}

/** The value of a line; undefined when it is damaged. */
function lineValue(line: string): Json | undefined {
  const text = line.slice(9);
  if (line.slice(0, 8) !== crc32(text).toString(16).padStart(8, "0")) return undefined;
  return JSON.parse(text) as Json; // Its sum is right, so we wrote it.
}

export class ObjectLog {
  readonly recovered: Recovered;
  readonly #folder: string;
  readonly #lock: Lock;
  #file: FileHandle;
  #bytes: number;

  private constructor(folder: string, lock: Lock, recovered: Recovered, log: OpenLog) {
    this.#folder = folder;
    this.#lock = lock;
    this.recovered = recovered;
    this.#file = log.file;
    this.#bytes = log.bytes;
  }

  /** Fails with AlreadyRunning or JournalCorrupt. */
  static async open(folder: string): Promise<ObjectLog> {
    await makeFolder(folder);
    const lock = await acquireLock(folder, "keeps the objects of this API server");
    try {
      const { recovered, log, goodBytes } = await recover(folder);
      const file = await open(join(folder, log), "a", 0o600);
      await file.truncate(goodBytes);
      await file.datasync();
      await syncFolder(folder);
      return new ObjectLog(folder, lock, recovered, { file, bytes: goodBytes });
    } catch (thrown) {
      await lock.release();
      throw thrown;
    }
  }

  /** Bytes since the last snapshot. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Resolves when the changes are durable. */
  async append(changes: readonly Change[]): Promise<void> {
    const lines = changes.map(({ resourceVersion, type, key, object }) =>
      checkedLine({ resourceVersion, type, key, object }),
    );
    const bytes = Buffer.from(lines.join(""));
    await this.#file.appendFile(bytes);
    await this.#file.datasync();
    this.#bytes += bytes.length;
  }

  /** Writes all objects down, begins a new log and removes what is older. */
  async snapshot(
    objects: Iterable<{ readonly key: ObjectKey; readonly object: KubeObject }>,
    resourceVersion: number,
  ): Promise<void> {
    const path = join(this.#folder, numbered("snapshot", resourceVersion));
    const file = await open(`${path}.part`, "w", 0o600);
    try {
      const lines: string[] = [];
      for (const { key, object } of objects) lines.push(checkedLine({ key, object }));
      // The last line says that it is whole.
      lines.push(checkedLine({ count: lines.length, resourceVersion }));
      await file.writeFile(lines.join(""));
      await file.datasync();
    } finally {
      await file.close();
    }
    const next = await open(join(this.#folder, numbered("log", resourceVersion)), "a", 0o600);
    await rename(`${path}.part`, path);
    await syncFolder(this.#folder);
    await this.#file.close();
    this.#file = next;
    this.#bytes = 0;
    for (const name of await readdir(this.#folder)) {
      const version = Number((snapshotName.exec(name) ?? logName.exec(name))?.[1] ?? Number.NaN);
      if (version < resourceVersion) await rm(join(this.#folder, name));
    }
  }

  async close(): Promise<void> {
    try {
      await this.#file.close();
    } finally {
      await this.#lock.release();
    }
  }
}

type OpenLog = { readonly file: FileHandle; readonly bytes: number };

async function recover(folder: string) {
  const names = (await readdir(folder)).sort();
  const snapshot = names.filter((name) => snapshotName.test(name)).at(-1);
  const snapshotVersion = Number(snapshotName.exec(snapshot ?? "")?.[1] ?? 0);
  const objects: Recovered["objects"] = new Map();
  if (snapshot !== undefined) await readSnapshot(join(folder, snapshot), objects);
  const logs = names.filter((name) => Number(logName.exec(name)?.[1] ?? -1) >= snapshotVersion);
  const last = logs.at(-1) ?? numbered("log", snapshotVersion);
  const changes: Change[] = [];
  let goodBytes = 0;
  for (const name of logs) {
    const isLast = name === last;
    goodBytes = await readLog(join(folder, name), isLast, (change) => {
      changes.push(remember(objects, change));
    });
  }
  const resourceVersion = changes.at(-1)?.resourceVersion ?? snapshotVersion;
  const recovered: Recovered = { objects, changes, resourceVersion, snapshotVersion };
  return { recovered, log: last, goodBytes };
}

type LoggedChange = Omit<Change, "previous">;

function remember(objects: Recovered["objects"], change: LoggedChange): Change {
  const text = keyText(change.key);
  const previous = objects.get(text)?.object;
  if (change.type === "DELETED") objects.delete(text);
  else objects.set(text, { key: change.key, object: change.object });
  return { ...change, previous };
}

async function readSnapshot(path: string, objects: Recovered["objects"]): Promise<void> {
  const values = (await readFile(path, "utf8")).split("\n").slice(0, -1).map(lineValue);
  const end = values.pop() as { readonly count: number } | undefined; // As `snapshot` writes it.
  if (end?.count !== values.length || values.includes(undefined)) throw corrupt(path);
  for (const value of values) {
    const kept = value as { readonly key: ObjectKey; readonly object: KubeObject }; // As `snapshot` writes it.
    objects.set(keyText(kept.key), kept);
  }
}

/** Tells every change of the file; gives the bytes up to the end of the last whole line. */
async function readLog(
  path: string,
  mayBeTorn: boolean,
  tell: (change: LoggedChange) => void,
): Promise<number> {
  const lines = (await readFile(path, "utf8")).split("\n");
  const rest = lines.pop() ?? "";
  let goodBytes = 0;
  for (const [index, line] of lines.entries()) {
    const value = lineValue(line);
    if (value === undefined) {
      // Only what was being written when the machine stopped may be damaged, and it is the end of the file.
      if (mayBeTorn && index === lines.length - 1 && rest === "") return goodBytes;
      throw corrupt(path);
    }
    tell(value as unknown as LoggedChange & { readonly type: ChangeType }); // As `append` writes it.
    goodBytes += Buffer.byteLength(line) + 1;
  }
  if (rest !== "" && !mayBeTorn) throw corrupt(path);
  return goodBytes;
}

function corrupt(where: string): Failure {
  return new Failure("JournalCorrupt", "a file of the API server's objects is damaged", {
    where,
    remedy: "Remove the folder: the sandbox makes its objects again.",
  });
}
