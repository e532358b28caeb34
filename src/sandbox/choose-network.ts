/** What shall stand between the regions: as somebody wishes, or the truest that this process may have. */
import { readFile } from "node:fs/promises";
import { Failure } from "../core/kernel/failure.ts";
import { type SandboxNetwork, sandboxNetworks } from "./layout.ts";
import type { NamespacePrograms } from "./namespaces.ts";
import { tryNamespaces } from "./namespaces-trial.ts";
import { requireProgram } from "./programs.ts";
import { runProgram } from "./run-program.ts";

/** `auto` is namespaces where they were tried and packets passed, and proxies elsewhere. */
export const networkWishes = [...sandboxNetworks, "auto"] as const;
export type NetworkWish = (typeof networkWishes)[number];

type Environment = Readonly<Record<string, string | undefined>>;

/** Bits of capabilities(7) by which a process may make namespaces and join them. */
const needed = { CAP_NET_ADMIN: 12n, CAP_SYS_ADMIN: 21n } as const;
/** Whether the settings of a new namespace can be written: a container may have /proc/sys for reading only. */
const trying = "cat /proc/sys/net/ipv4/ip_forward > /proc/sys/net/ipv4/ip_forward";

export type NetworkChoice = {
  readonly network: SandboxNetwork;
  /** Why `auto` did not take namespaces. */
  readonly because?: string;
};

/** The network for a wish; fails with ConfigInvalid, ProgramMissing or TimedOut when somebody wants namespaces that can not be had. */
export async function chooseNetwork(wish: NetworkWish, env: Environment): Promise<NetworkChoice> {
  if (wish === "proxy") return { network: "proxy" };
  const refusal = (await namespacesRefusal(env)) ?? (await trial(env));
  if (refusal === undefined) return { network: "namespaces" };
  if (wish === "auto")
    return { network: "proxy", because: refusal.message.trim().replaceAll(/\s+/g, " ") };
  throw refusal;
}

/** Undefined when packets passed. */
async function trial(env: Environment): Promise<Failure | undefined> {
  try {
    await tryNamespaces(namespacePrograms(env));
    return undefined;
  } catch (thrown) {
    return Failure.from(thrown, "--network");
  }
}

/** Paths of what namespaces are made with; fails with ProgramMissing. */
export function namespacePrograms(env: Environment): NamespacePrograms {
  const path = (name: "ip" | "nsenter" | "unshare"): string => requireProgram(name, env);
  return { ip: path("ip"), nsenter: path("nsenter"), unshare: path("unshare") };
}

/** Why this process may not make them, without a trial; undefined when it may. */
export async function namespacesRefusal(env: Environment): Promise<Failure | undefined> {
  const missing = missingRights(await readFile("/proc/self/status", "utf8").catch(() => ""));
  if (missing.length > 0) return refused(`this process has no ${missing.join(" and no ")}`);
  try {
    const { unshare } = namespacePrograms(env);
    const { exitCode, errors } = await runProgram(unshare, [
      "--net",
      "--",
      "/bin/sh",
      "-c",
      trying,
    ]);
    return exitCode === 0 ? undefined : refused(errors.trim());
  } catch (thrown) {
    return Failure.from(thrown, "--network");
  }
}

/** The capabilities that proc(5) `status` does not show as effective; all of them where it says nothing. */
export function missingRights(status: string): readonly string[] {
  const effective = BigInt(`0x${/^CapEff:\s*([0-9a-f]+)$/m.exec(status)?.[1] ?? "0"}`);
  return Object.entries(needed)
    .filter(([, bit]) => ((effective >> bit) & 1n) === 0n)
    .map(([name]) => name);
}

function refused(because: string): Failure {
  return new Failure("ConfigInvalid", `Network namespaces can not be made here: ${because}.`, {
    field: "--network",
    remedy: "Start it as root, or with --network proxy, which needs no rights.",
  });
}
