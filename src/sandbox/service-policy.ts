/**
 * Keeps Debian's packages from starting services while we install them (invoke-rc.d, policy-rc.d interface).
 * Our policy answers "forbidden" only while the installer that wrote it lives; after a crash it puts back, by
 * itself or at the next run, whatever stood there before.
 */
import { lstat, readFile, rename, rm, writeFile } from "node:fs/promises";
import { setTimeout as pause } from "node:timers/promises";
import { Failure } from "../core/kernel/failure.ts";
import { startTicksOf } from "./claim.ts";

export const policyPath = "/usr/sbin/policy-rc.d";

const mark = "# sovereign-installer";

/** The policy of the installer with this pid and start time; `path` is where it stands. */
export function policyScript(path: string, pid: number, startTicks: string): string {
  return `#!/bin/sh
${mark} ${pid} ${startTicks}
# Written by \`sovereign programs --install\`: services are not started while it installs packages.
if [ -r /proc/${pid}/stat ]; then
  ticks=$(sed 's/.*) //' /proc/${pid}/stat | cut -d ' ' -f 20)
  [ "$ticks" = "${startTicks}" ] && exit 101
fi
# That installer is gone: what was here before it comes back.
if [ -e '${path}.before-sovereign' ]; then
  mv -f '${path}.before-sovereign' '${path}'
  exec '${path}' "$@"
fi
rm -f '${path}'
exit 0
`;
}

/** Forbids services until the returned function is called; waits while another of our installers is at work. */
export async function forbidServices(path = policyPath): Promise<() => Promise<void>> {
  for (let waitedMs = 0; ; waitedMs += 500) {
    const other = await installerOf(path);
    if (other === undefined) break;
    if (startTicksOf(other.pid) !== other.startTicks) {
      await putBack(path);
      break;
    }
    if (waitedMs >= 600_000)
      throw new Failure("TimedOut", `Another installer, pid ${other.pid}, does not end.`);
    await pause(500);
  }
  const script = policyScript(path, process.pid, startTicksOf(process.pid) ?? "");
  if (await exists(path)) await rename(path, `${path}.before-sovereign`);
  await writeFile(path, script, { mode: 0o755 });
  return () => putBack(path);
}

async function putBack(path: string): Promise<void> {
  const saved = `${path}.before-sovereign`;
  if (await exists(saved)) await rename(saved, path);
  // It may have removed itself, and somebody else may have put theirs there.
  else if ((await installerOf(path)) !== undefined) await rm(path, { force: true });
}

async function installerOf(path: string) {
  const text = await readFile(path, "utf8").catch(() => ""); // Not there: nobody installs.
  const [, pid, startTicks] = new RegExp(`^${mark} ([0-9]+) ([0-9]*)$`, "m").exec(text) ?? [];
  return pid === undefined ? undefined : { pid: Number(pid), startTicks: startTicks ?? "" };
}

async function exists(path: string): Promise<boolean> {
  try {
    await lstat(path);
    return true;
  } catch {
    return false;
  }
}
