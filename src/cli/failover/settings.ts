/** Where the agents answer, whom to believe, and as whom to sign: options first, then the file, then the environment. */
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import type { Command } from "commander";
import { z } from "zod";
import { parseDurationMs } from "../../core/kernel/duration.ts";
import { Failure } from "../../core/kernel/failure.ts";
import { readYamlConfig } from "../../daemon/read-yaml-config.ts";

/** Where an agent answers, and of which region it says it is when that is known. */
export type AgentAddress = { readonly cluster: string | null; readonly url: string };

export type Settings = {
  readonly agents: readonly AgentAddress[];
  /** Certificates in PEM that alone are believed; undefined: those that Node knows. */
  readonly ca: string | undefined;
  readonly timeoutMs: number;
  readonly key: string | undefined;
  readonly person: string | undefined;
};

export type AgentOptions = {
  readonly agent?: readonly string[];
  readonly config?: string;
  readonly ca?: string;
  readonly timeout: string;
};

export type PersonOptions = { readonly key?: string; readonly person?: string };

const variables = {
  config: "SOVEREIGN_FAILOVER_CONFIG",
  agents: "SOVEREIGN_AGENTS",
  ca: "SOVEREIGN_AGENTS_CA",
  key: "SOVEREIGN_SSH_KEY",
  person: "SOVEREIGN_PERSON",
} as const;

const path = z.string().min(1);
const fileSchema = z.strictObject({
  agents: z.record(z.string().regex(/^[a-z0-9-]{1,63}$/), z.strictObject({ url: path })),
  ca: path.optional(),
  key: path.optional(),
  person: path.optional(),
});

/** Adds the options by which a command finds the agents. */
export function withAgentOptions(command: Command): Command {
  return command
    .option(
      "-a, --agent <[cluster=]url...>",
      `where each region's agent answers; default $${variables.agents}, with commas`,
    )
    .option(
      "-c, --config <file>",
      `file with agents, ca, key and person (YAML); default $${variables.config}, else that of the sandbox in .sovereign`,
    )
    .option("--ca <file>", `certificates in PEM that signed the agents'; default $${variables.ca}`)
    .option("--timeout <duration>", "limit of one request", "5s");
}

/** Adds the options by which a command knows who signs. */
export function withPersonOptions(command: Command): Command {
  return command
    .option(
      "-k, --key <file>",
      `SSH key that signs: private, or .pub of one in ssh-agent; default $${variables.key}`,
    )
    .option("-p, --person <name>", `your name in the roster; default $${variables.person}`);
}

/** What the options, the file and the environment say together. Fails with UsageInvalid or ConfigInvalid. */
export async function settingsOf(
  options: AgentOptions & PersonOptions,
  env: Readonly<Record<string, string | undefined>> = process.env,
  folder = process.cwd(),
): Promise<Settings> {
  const file = await fileOf(options, env, folder);
  const given = options.agent ?? listed(env[variables.agents]);
  const agents = given.length > 0 ? given.map(addressOf) : (file?.agents ?? []);
  if (agents.length === 0) {
    throw new Failure("UsageInvalid", "no agent is named and there is no sandbox here", {
      remedy: `Name both regions' agents: --agent hz-fsn-rtz-prod=https://… --agent hz-hel-rtz-prod=https://…, --config <file>, or ${variables.agents}.`,
    });
  }
  const timeoutMs = parseDurationMs(options.timeout);
  if (timeoutMs === undefined || timeoutMs === 0) {
    throw new Failure("UsageInvalid", "--timeout is a duration such as 5s");
  }
  const ca = options.ca ?? filled(env[variables.ca]) ?? file?.ca;
  return {
    agents,
    ca: ca === undefined ? undefined : await certificatesIn(ca),
    timeoutMs,
    key: options.key ?? filled(env[variables.key]) ?? file?.key,
    person: options.person ?? filled(env[variables.person]) ?? file?.person,
  };
}

type FileSettings = Pick<Settings, "agents" | "key" | "person"> & {
  readonly ca: string | undefined;
};

async function fileOf(
  options: AgentOptions,
  env: Readonly<Record<string, string | undefined>>,
  folder: string,
): Promise<FileSettings | undefined> {
  const sandbox = join(folder, ".sovereign", "failover.yaml");
  const named = options.config ?? filled(env[variables.config]);
  const file = named ?? (existsSync(sandbox) ? sandbox : undefined);
  if (file === undefined) return undefined;
  const { raw, folder: base } = await readYamlConfig(file, fileSchema);
  const at = (name: string | undefined): string | undefined =>
    name === undefined ? undefined : resolve(base, name);
  return {
    agents: Object.entries(raw.agents).map(([cluster, { url }]) => addressOf(`${cluster}=${url}`)),
    ca: at(raw.ca),
    key: at(raw.key),
    person: raw.person,
  };
}

function listed(text: string | undefined): readonly string[] {
  return (text ?? "").split(",").flatMap((one) => (one.trim() === "" ? [] : [one.trim()]));
}

/** An empty variable is none. */
function filled(text: string | undefined): string | undefined {
  return text === "" ? undefined : text;
}

function addressOf(text: string): AgentAddress {
  const [, cluster = null, url = ""] = /^(?:([a-z0-9-]{1,63})=)?(.*)$/s.exec(text) ?? [];
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  const isLocal = /^(?:127\.[0-9.]+|\[::1\]|localhost)$/.test(parsed?.hostname ?? "");
  const isSafe = parsed?.protocol === "https:" || (parsed?.protocol === "http:" && isLocal);
  if (parsed !== undefined && isSafe && parsed.username === "" && parsed.pathname === "/") {
    return { cluster, url: parsed.origin };
  }
  throw new Failure("UsageInvalid", "an agent's address is not https:// with a host and a port", {
    where: text.slice(0, 200),
    remedy: "Write --agent <cluster>=https://<host>:<port>; http:// is for loopback alone.",
  });
}

function certificatesIn(file: string): Promise<string> {
  return readFile(file, "utf8").catch((cause: unknown) => {
    throw new Failure("UsageInvalid", "the certificates of --ca can not be read", {
      where: file,
      cause,
    });
  });
}
