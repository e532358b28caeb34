/** `sovereign control` as a process of its own, from what was compiled, with documents in a folder. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ParsedDocument } from "../../src/core/resources/document.ts";
import { programFile } from "../../src/daemon/program-file.ts";

const program = programFile("sovereign");
const startLimitMs = 60_000;

export type ControlProcess = {
  readonly url: string;
  /** Ends it and waits for that; what it had written is gone then. */
  readonly stop: () => Promise<void>;
};

export type ProcessFacts = {
  readonly cluster: string;
  readonly documents: readonly ParsedDocument[];
  /** API keys of its name servers, by name. */
  readonly keys?: Readonly<Record<string, string>>;
  readonly agents?: Readonly<Record<string, string>>;
  /** Folders of drill reports and of the journal that has their hashes. */
  readonly drills?: { readonly reports: string; readonly journal: string };
};

/** Starts it and waits until it listens. */
export async function startControlProcess(facts: ProcessFacts): Promise<ControlProcess> {
  const folder = mkdtempSync(join(tmpdir(), "sovereign-process-"));
  const clean = (): void => rmSync(folder, { recursive: true, force: true });
  try {
    const child = spawn(
      process.execPath,
      [program, "control", "--config", writeConfig(folder, facts)],
      { stdio: ["ignore", "ignore", "pipe"] },
    );
    const kill = (): void => void child.kill("SIGKILL");
    process.once("exit", kill);
    const ended = new Promise<void>((resolve) => child.once("close", () => resolve()));
    const stop = async (): Promise<void> => {
      child.kill("SIGTERM");
      await ended;
      process.removeListener("exit", kill);
      clean();
    };
    try {
      return { url: await urlOf(child), stop };
    } catch (thrown) {
      await stop();
      throw thrown;
    }
  } catch (thrown) {
    clean();
    throw thrown;
  }
}

function writeConfig(folder: string, facts: ProcessFacts): string {
  const { cluster, documents, keys, agents, drills } = facts;
  mkdirSync(join(folder, "documents"));
  for (const [index, { value }] of documents.entries()) {
    writeFileSync(join(folder, "documents", `${index}.yaml`), JSON.stringify(value));
  }
  const nameServerKeys = Object.entries(keys ?? {}).map(([name, key]) => {
    writeFileSync(join(folder, `${name}.key`), key);
    return [name, { file: `${name}.key` }] as const;
  });
  const urls = Object.entries(agents ?? {}).map(([name, url]) => [name, { url }] as const);
  const config = {
    cluster,
    source: { folder: "documents" },
    pollEvery: "1s",
    reconcileEvery: "2s",
    journal: "journal",
    http: { address: "127.0.0.1", port: 0 },
    nameServerKeys: Object.fromEntries(nameServerKeys),
    agents: Object.fromEntries(urls),
    ...(drills === undefined ? {} : { drills }),
  };
  const path = join(folder, "control.yaml");
  writeFileSync(path, JSON.stringify(config));
  return path;
}

/** The URL in its log; fails with what it wrote when it ends before. */
function urlOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let written = "";
    const timer = setTimeout(
      () => reject(new Error(`it does not start: ${written}`)),
      startLimitMs,
    );
    child.once("close", () => reject(new Error(`it ended: ${written}`)));
    child.stderr?.on("data", (part: Buffer) => {
      written = `${written}${part.toString()}`.slice(-20_000);
      const [, url] = /"url":"(http:[^"]+)"/.exec(written) ?? [];
      if (url === undefined) return;
      clearTimeout(timer);
      resolve(url);
    });
  });
}
