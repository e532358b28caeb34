/**
 * Whether the watchdog's fence is one of this region's data: tried out by asking its confirmation, which has to tell a region that takes
 * writes from one that is fenced; and read, where it is a program that we ship.
 */

import { machineMonotonicMs } from "../../adapters/agent/machine-clock.ts";
import { hasAuthority } from "../../core/failover/authority.ts";
import type { AgentState } from "../../core/failover/state.ts";
import { askConfirm, type FenceConfig } from "../watchdog/fence-action.ts";

/** As it is bundled, compiled, or a source. */
const shippedPrograms = /(?:^|\/)(postgres|valkey|cloudnativepg)-fence(?:\/main)?\.[jt]s$/;

/** Where the data of one service are, and what kind of server has them. */
export type DataFolder = {
  readonly kind: "postgresql" | "valkey" | "cloudnativepg";
  /** Of a Cluster its namespace and name. */
  readonly folder: string;
};

/** A sentence, or null when nothing speaks against the fence. A region without data has nothing to fence. */
export async function doubtOfFence(
  fence: FenceConfig,
  dataFolders: readonly DataFolder[],
  state: () => AgentState,
): Promise<string | null> {
  if (dataFolders.length === 0) return null;
  const misread = otherDataOf(fence, dataFolders);
  if (misread !== null) return misread;
  const before = stanceOf(state());
  const said = await askConfirm(fence);
  // What changed meanwhile is looked at the next time.
  if (before === "between" || stanceOf(state()) !== before) return null;
  if (typeof said === "string") return `the fence's confirmation can not be run: ${said}`;
  if (before === "writes" && said) {
    return "the fence's confirmation says that nothing takes writes here, and this region serves: it looks at other data";
  }
  if (before === "fenced" && !said) {
    return "the fence's confirmation does not say that this region is fenced, and it is";
  }
  return null;
}

/** Whether this region takes writes, as the agent has it. */
function stanceOf(state: AgentState): "writes" | "fenced" | "between" {
  const isLive = hasAuthority(state, machineMonotonicMs());
  if (isLive && state.data.kind === "serving") return "writes";
  return state.authority.kind === "none" && state.data.kind === "fenced" ? "fenced" : "between";
}

/** The first of the shipped programs' calls that is for other folders than the services', or for servers of another kind there. */
function otherDataOf(
  { steps, confirm }: FenceConfig,
  dataFolders: readonly DataFolder[],
): string | null {
  const wanted = dataFolders.map(textOf).sort();
  for (const { argv } of [...steps, confirm]) {
    const program = argv.map((word) => shippedPrograms.exec(word)?.[1]).find(Boolean);
    if (program === undefined) continue;
    const given = argv
      .flatMap((folder, index) => {
        const kind = kindOf(program, argv[index - 1] ?? "");
        return kind === null ? [] : [textOf({ kind, folder })];
      })
      .sort();
    if (given.join("\n") === wanted.join("\n")) continue;
    return `the fence is for ${given.join(", ") || "no data"}, and the data is in ${wanted.join(", ")}`;
  }
  return null;
}

/** Of what kind the server is whose folder this program takes after that word. */
function kindOf(program: string, word: string): DataFolder["kind"] | null {
  if (word === "--cluster") return program === "cloudnativepg" ? "cloudnativepg" : null;
  if (word === "--data") return program === "valkey" ? "valkey" : "postgresql";
  return word === "--postgresql" ? "postgresql" : null;
}

const textOf = ({ kind, folder }: DataFolder): string =>
  `${folder.replace(/(?<=.)\/+$/, "")} (${kind})`;
