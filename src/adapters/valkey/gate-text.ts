/**
 * The gate: a piece of configuration by which a server starts as a replica of nobody, which refuses writes. The server's own file
 * includes it, and does not start without it. What stands later in a configuration wins (redis.conf, INCLUDES).
 */

/** Nothing answers at port 0, so a server behind the gate keeps the data that it has. */
export const gateHost = "127.0.0.1";
export const gatePort = 0;

export const gateText = [
  "# Written by the region agent of Sovereign. Whoever starts this server starts it without the right to write.",
  `replicaof ${gateHost} ${gatePort}`,
  "replica-read-only yes",
  "",
].join("\n");

type Setting = { readonly name: string; readonly value: string };

const opening = /^(?:replicaof|slaveof|replica-read-only|slave-read-only|include)$/;

/** Why a start by this configuration would not be behind the gate at that path; null when it would be. */
export function gateProblem(configText: string, gatePath: string): string | null {
  const settings = settingsOf(configText);
  const isGate = ({ name, value }: Setting): boolean => name === "include" && value === gatePath;
  const at = settings.findLastIndex(isGate);
  if (at < 0) return `it does not have the line: include ${gatePath}`;
  const later = settings.slice(at + 1).find(({ name }) => opening.test(name));
  return later === undefined ? null : `${later.name} comes after the gate, and would win`;
}

/** Whether the configuration says something of it. */
export function hasSetting(configText: string, name: string): boolean {
  return settingsOf(configText).some((setting) => setting.name === name);
}

function settingsOf(text: string): readonly Setting[] {
  return text.split(/\r?\n/).flatMap((line) => {
    const [, name, value] = /^\s*([A-Za-z][\w-]*)\s+(.*?)\s*$/.exec(line) ?? [];
    if (name === undefined || value === undefined) return [];
    return [{ name: name.toLowerCase(), value: value.replace(/^(["'])(.*)\1$/, "$2") }];
  });
}
