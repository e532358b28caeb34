/**
 * What ties a process to us, so that it can not outlive us: `setpriv --pdeathsig KILL` (prctl(2) PR_SET_PDEATHSIG), and a line of shell
 * for a parent that died before the kernel was told (docs/adr/0009-sandbox-children-die-with-their-parent.md).
 */

const tied = '[ "$PPID" = "$0" ] || exit 1; exec "$@"';

/** Arguments of `setpriv` before a program and its own arguments; the program gets the pid that setpriv had. */
export function tie(): readonly string[] {
  return ["--pdeathsig", "KILL", "--", "/bin/sh", "-c", tied, String(process.pid)];
}
