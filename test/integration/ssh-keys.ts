/** Real keys of people, made by `ssh-keygen` in a folder that goes away. */
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { bareKey } from "../../src/core/resources/sovereign-people.ts";

const execute = promisify(execFile);

export type KeyKind = "ed25519" | "ecdsa" | "rsa";
export type TestKey = {
  /** The private key's file; the public one stands beside it. */
  readonly file: string;
  /** As the roster compares keys. */
  readonly bare: string;
};

export type KeyFolder = {
  readonly path: string;
  make(name: string, kind: KeyKind): Promise<TestKey>;
  remove(): Promise<void>;
};

/** An empty folder for keys; whoever makes it removes it. */
export async function keyFolder(): Promise<KeyFolder> {
  const path = await mkdtemp(join(tmpdir(), "sovereign-keys-"));
  return {
    path,
    async make(name, kind) {
      const file = join(path, name);
      const bits = kind === "rsa" ? ["-b", "2048"] : [];
      await execute("ssh-keygen", ["-q", "-t", kind, ...bits, "-N", "", "-C", name, "-f", file]);
      const line = await readFile(`${file}.pub`, "utf8");
      return { file, bare: bareKey(line.trim()) };
    },
    remove: () => rm(path, { recursive: true, force: true }),
  };
}
