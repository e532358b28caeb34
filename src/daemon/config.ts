/** Configuration of `sovereign control`: one YAML file, parsed once, every mistake named with its field. */
import { resolve } from "node:path";
import { z } from "zod";
import { parseDurationMs } from "../core/kernel/duration.ts";
import { Failure } from "../core/kernel/failure.ts";
import { clusterNameField, durationField } from "../core/resources/fields.ts";
import type { DrillFolders } from "./drills/drill-shelf.ts";
import { readYamlConfig } from "./read-yaml-config.ts";

const exactlyOne = (value: object): boolean =>
  Object.values(value).filter((part) => part !== undefined).length === 1;

export const sourceSchema = z
  .strictObject({
    folder: z.string().min(1).optional(),
    git: z
      .strictObject({ repository: z.string().min(1), branch: z.string().min(1).default("main") })
      .optional(),
  })
  .refine(exactlyOne, "exactly one of `folder` and `git`");

export const credentialSchema = z
  .strictObject({ file: z.string().min(1).optional(), env: z.string().min(1).optional() })
  .refine(exactlyOne, "exactly one of `file` and `env`");

/** A key goes where the documents say; `apiUrl` pins it, so that a commit can not send it elsewhere. */
const nameServerKeySchema = z
  .strictObject({
    file: z.string().min(1).optional(),
    env: z.string().min(1).optional(),
    apiUrl: z.string().min(1).optional(),
  })
  .refine(({ file, env }) => exactlyOne({ file, env }), "exactly one of `file` and `env`");

/** Only scheme, host and port: what is asked there is ours to say, and no credential belongs into it. */
const agentSchema = z.strictObject({
  url: z
    .string()
    .refine(isBareUrl, "http:// or https:// with a host and a port, and nothing behind them"),
});

function isBareUrl(text: string): boolean {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isWeb = url?.protocol === "http:" || url?.protocol === "https:";
  return isWeb && url.href === `${url.origin}/`;
}

const configSchema = z.strictObject({
  cluster: clusterNameField,
  source: sourceSchema,
  webhook: z.strictObject({ secret: credentialSchema }).optional(),
  pollEvery: durationField.default("5s"),
  reconcileEvery: durationField.default("30s"),
  journal: z.string().min(1),
  http: z.strictObject({ address: z.string().min(1), port: z.int().min(0).max(65_535) }),
  nameServerKeys: z.record(z.string(), nameServerKeySchema).default({}),
  zoneKeys: credentialSchema.optional(),
  tsigKeys: z.record(z.string(), credentialSchema).default({}),
  agents: z
    .record(clusterNameField, z.union([agentSchema, z.array(agentSchema).min(1).max(64)]))
    .default({}),
  drills: z.strictObject({ reports: z.string().min(1), journal: z.string().min(1) }).optional(),
});

/** Where a secret is; never the secret itself. */
export type CredentialRef = {
  readonly file?: string | undefined;
  readonly env?: string | undefined;
};

/** The API key of a name server; with `apiUrl` it is sent there only. */
export type NameServerKeyRef = CredentialRef & { readonly apiUrl?: string | undefined };

/** Where the documents are; paths are absolute. */
export type ConfiguredSource =
  | { readonly kind: "folder"; readonly path: string }
  | {
      readonly kind: "git";
      readonly repository: string;
      readonly branch: string;
      /** Folder for the copy. */
      readonly cache: string;
    };

export type ControlConfig = {
  readonly cluster: string;
  readonly source: ConfiguredSource;
  /** Where the secret of the push webhook is; undefined when there is no webhook. */
  readonly webhook?: { readonly secret: CredentialRef };
  readonly pollMs: number;
  readonly reconcileMs: number;
  /** Folder of the journal, absolute. */
  readonly journal: string;
  readonly http: { readonly address: string; readonly port: number };
  /** By name of the name server. */
  readonly nameServerKeys: Readonly<Record<string, NameServerKeyRef>>;
  /** Where the zone's key set is; undefined when the zone is not signed. */
  readonly zoneKeys?: CredentialRef;
  /** By name of the TSIG key. */
  readonly tsigKeys?: Readonly<Record<string, CredentialRef>>;
  /** The region agents that are heard, of every region; without them the lease's holder is not known. */
  readonly agents?: readonly ConfiguredAgent[];
  /** The reports of drills that are shown, and the journal that has their hashes; folders, absolute. */
  readonly drills?: DrillFolders;
};

/** One agent; a region has one for each FailoverGroup. */
export type ConfiguredAgent = { readonly cluster: string; readonly url: string };

/** Reads and checks the file; relative paths count from its folder. Fails with ConfigInvalid. */
export async function readControlConfig(path: string): Promise<ControlConfig> {
  const { raw, folder } = await readYamlConfig(path, configSchema);
  if (raw.webhook !== undefined && raw.source.git === undefined) {
    throw new Failure(
      "ConfigInvalid",
      "a webhook tells of pushes, and the source is no Git repository",
      {
        where: path,
        field: "webhook",
        remedy: "Take the webhook out, or name a repository under `source.git`.",
      },
    );
  }
  return absolute(raw, folder);
}

/** The source as a configuration names it, with paths from `folder`. */
export function configuredSource(
  { folder: path = ".", git }: z.infer<typeof sourceSchema>,
  folder: string,
  cache: string,
): ConfiguredSource {
  if (git === undefined) return { kind: "folder", path: resolve(folder, path) };
  const { repository, branch } = git;
  const place = repository.includes("://") ? repository : resolve(folder, repository);
  return { kind: "git", repository: place, branch, cache };
}

function absolute(raw: z.infer<typeof configSchema>, folder: string): ControlConfig {
  const at = (path: string): string => resolve(folder, path);
  const credential = (ref: CredentialRef): CredentialRef =>
    ref.file === undefined ? ref : { ...ref, file: at(ref.file) };
  const credentials = (refs: Readonly<Record<string, CredentialRef>>) =>
    Object.fromEntries(Object.entries(refs).map(([name, ref]) => [name, credential(ref)]));
  return {
    cluster: raw.cluster,
    // Beside the journal, also when its path ends in a slash.
    source: configuredSource(raw.source, folder, `${at(raw.journal)}-git-cache`),
    ...(raw.webhook === undefined ? {} : { webhook: { secret: credential(raw.webhook.secret) } }),
    pollMs: parseDurationMs(raw.pollEvery) ?? 5_000,
    reconcileMs: parseDurationMs(raw.reconcileEvery) ?? 30_000,
    journal: at(raw.journal),
    http: raw.http,
    nameServerKeys: credentials(raw.nameServerKeys),
    ...(raw.zoneKeys === undefined ? {} : { zoneKeys: credential(raw.zoneKeys) }),
    tsigKeys: credentials(raw.tsigKeys),
    ...(raw.drills === undefined
      ? {}
      : { drills: { reports: at(raw.drills.reports), journal: at(raw.drills.journal) } }),
    agents: Object.entries(raw.agents).flatMap(([cluster, agents]) =>
      [agents].flat().map(({ url }) => ({ cluster, url })),
    ),
  };
}
