/** Configuration of `sovereign control`: one YAML file, parsed once, every mistake named with its field. */
import { readFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { parseDocument } from "yaml";
import { z } from "zod";
import { parseDurationMs } from "../core/kernel/duration.ts";
import { Failure } from "../core/kernel/failure.ts";
import { clusterNameField, durationField } from "../core/resources/fields.ts";

const exactlyOne = (value: object): boolean =>
  Object.values(value).filter((part) => part !== undefined).length === 1;

const sourceSchema = z
  .strictObject({
    folder: z.string().min(1).optional(),
    git: z
      .strictObject({ repository: z.string().min(1), branch: z.string().min(1).default("main") })
      .optional(),
  })
  .refine(exactlyOne, "exactly one of `folder` and `git`");

const credentialSchema = z
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
});

/** Where a secret is; never the secret itself. */
export type CredentialRef = {
  readonly file?: string | undefined;
  readonly env?: string | undefined;
};

/** The API key of a name server; with `apiUrl` it is sent there only. */
export type NameServerKeyRef = CredentialRef & { readonly apiUrl?: string | undefined };

export type ControlConfig = {
  readonly cluster: string;
  readonly source:
    | { readonly kind: "folder"; readonly path: string }
    | {
        readonly kind: "git";
        readonly repository: string;
        readonly branch: string;
        readonly cache: string;
      };
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
};

/** Reads and checks the file; relative paths count from its folder. Fails with ConfigInvalid. */
export async function readControlConfig(path: string): Promise<ControlConfig> {
  const text = await readFile(path, "utf8").catch((cause: unknown) => {
    throw new Failure("ConfigInvalid", `the configuration file can not be read: ${path}`, {
      where: path,
      cause,
    });
  });
  const document = parseDocument(text, { uniqueKeys: true });
  const [broken] = document.errors;
  if (broken !== undefined) {
    throw new Failure(
      "ConfigInvalid",
      `the configuration is not YAML: ${broken.message.split("\n")[0]}`,
      { where: path },
    );
  }
  const parsed = configSchema.safeParse(document.toJS({ maxAliasCount: 10 }) as unknown);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const field = issue?.path.join(".") ?? "";
    throw new Failure(
      "ConfigInvalid",
      `the configuration is wrong: ${issue?.message ?? "unknown"}`,
      {
        where: path,
        field: field === "" ? "(the whole file)" : field,
      },
    );
  }
  if (parsed.data.webhook !== undefined && parsed.data.source.git === undefined) {
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
  return absolute(parsed.data, dirname(resolve(path)));
}

function absolute(raw: z.infer<typeof configSchema>, folder: string): ControlConfig {
  const at = (path: string): string => resolve(folder, path);
  const credential = (ref: CredentialRef): CredentialRef =>
    ref.file === undefined ? ref : { ...ref, file: at(ref.file) };
  const credentials = (refs: Readonly<Record<string, CredentialRef>>) =>
    Object.fromEntries(Object.entries(refs).map(([name, ref]) => [name, credential(ref)]));
  const { git } = raw.source;
  return {
    cluster: raw.cluster,
    source:
      git === undefined
        ? { kind: "folder", path: at(raw.source.folder ?? ".") }
        : {
            kind: "git",
            repository: git.repository.includes("://") ? git.repository : at(git.repository),
            branch: git.branch,
            // Beside the journal, also when its path ends in a slash.
            cache: `${at(raw.journal)}-git-cache`,
          },
    ...(raw.webhook === undefined ? {} : { webhook: { secret: credential(raw.webhook.secret) } }),
    pollMs: parseDurationMs(raw.pollEvery) ?? 5_000,
    reconcileMs: parseDurationMs(raw.reconcileEvery) ?? 30_000,
    journal: at(raw.journal),
    http: raw.http,
    nameServerKeys: credentials(raw.nameServerKeys),
    ...(raw.zoneKeys === undefined ? {} : { zoneKeys: credential(raw.zoneKeys) }),
    tsigKeys: credentials(raw.tsigKeys),
  };
}
