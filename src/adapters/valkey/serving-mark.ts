/**
 * The mark that says of one running server that it was, or is just being, given the right to write. It is durable before the order goes
 * out, so that whoever fences without the agent ends this very process, whatever it answers meanwhile.
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { Failure } from "../../core/kernel/failure.ts";
import { removeDurable, writeDurable } from "../postgresql/durable-file.ts";
import type { ValkeyProcess } from "./valkey-processes.ts";

const markOf = (stateFolder: string): string => join(stateFolder, "serving");

const identityOf = ({ pid, startTicks }: ValkeyProcess): string => `${pid} ${startTicks}\n`;

export function markServing(stateFolder: string, server: ValkeyProcess): Promise<void> {
  return writeDurable(markOf(stateFolder), identityOf(server));
}

/** Only after the server was seen to take no writes, or to be gone. */
export function unmarkServing(stateFolder: string): Promise<void> {
  return removeDurable(markOf(stateFolder));
}

/** A mark of another process means nothing for this one. */
export async function isMarked(stateFolder: string, server: ValkeyProcess): Promise<boolean> {
  const text = await readFile(markOf(stateFolder), "utf8").catch((thrown: unknown) => {
    const code = thrown instanceof Error && "code" in thrown ? thrown.code : "";
    if (code === "ENOENT" || code === "ENOTDIR") return "";
    throw Failure.from(thrown, stateFolder);
  });
  return text === identityOf(server);
}
