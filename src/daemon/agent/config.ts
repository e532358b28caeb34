/** Configuration of `sovereign agent` (docs/guides/agent.md): one YAML file, every mistake named with its field. */
import { isIP } from "node:net";
import { resolve } from "node:path";
import { z } from "zod";
import type { KubernetesChoice } from "../../adapters/kubernetes/open-kubernetes.ts";
import { isLoopback } from "../../adapters/loopback.ts";
import { parseDurationMs } from "../../core/kernel/duration.ts";
import { Failure } from "../../core/kernel/failure.ts";
import { clusterNameField, dnsLabelField, durationField } from "../../core/resources/fields.ts";
import {
  type ConfiguredSource,
  type CredentialRef,
  configuredSource,
  credentialSchema,
  sourceSchema,
} from "../config.ts";
import { readYamlConfig } from "../read-yaml-config.ts";
import { parseWatchdogConfig } from "../watchdog/config.ts";
import type { FenceConfig } from "../watchdog/fence-action.ts";
import { cloudNativePgSchema } from "./cloudnativepg-config.ts";
import { type HeartbeatConfig, heartbeatSchema } from "./heartbeat-config.ts";
import { kubernetesChoice, kubernetesSchema } from "./kubernetes-config.ts";
import { postgresSchema } from "./postgres-config.ts";
import {
  type HealthRouteConfig,
  healthRouteSchema,
  type MeshConfig,
  meshSchema,
} from "./traffic-config.ts";
import { valkeySchema } from "./valkey-config.ts";

const path = z.string().min(1);
const listenSchema = z.strictObject({ address: path, port: z.int().min(0).max(65_535) });
const programSchema = z.strictObject({
  argv: z.array(z.string()).min(1).max(100),
  limitMs: z.int().min(1).max(600_000),
});
const fenceSchema = z.strictObject({
  steps: z.array(programSchema).min(1).max(20),
  confirm: programSchema.extend({ exitCodes: z.array(z.int().min(0).max(255)).min(1) }),
});
const serviceSchema = z
  .strictObject({
    name: dnsLabelField,
    postgresql: postgresSchema.optional(),
    valkey: valkeySchema.optional(),
    cloudnativepg: cloudNativePgSchema.optional(),
  })
  .refine(
    ({ name: _, ...kinds }) => Object.values(kinds).filter(Boolean).length === 1,
    "exactly one of `postgresql`, `valkey` and `cloudnativepg`",
  );

const configSchema = z.strictObject({
  cluster: clusterNameField,
  group: dnsLabelField,
  source: sourceSchema,
  pollEvery: durationField.default("5s"),
  state: path,
  health: listenSchema,
  api: z.strictObject({
    address: path,
    port: z.int().min(0).max(65_535),
    tls: z.strictObject({ certificate: path, key: path, ca: path }),
  }),
  peer: z.strictObject({ url: z.url({ protocol: /^https$/ }) }),
  witness: z.strictObject({
    credential: credentialSchema,
    ca: path.optional(),
    url: z.url().optional(),
    requestsPerDay: z.int().min(1).optional(),
  }),
  watchdog: z.strictObject({
    fence: fenceSchema,
    uptimeFile: path.optional(),
    startedBy: z.enum(["agent", "pod"]).default("agent"),
  }),
  applications: z.record(z.string(), z.url({ protocol: /^https?$/ })).default({}),
  services: z.array(serviceSchema).max(50).default([]),
  heartbeat: heartbeatSchema.optional(),
  kubernetes: kubernetesSchema.optional(),
  mesh: meshSchema.optional(),
  healthRoute: healthRouteSchema.optional(),
  records: z
    .array(z.enum(["disk", "apiServer"]))
    .refine((places) => places.includes("disk"), "the disk has to be one of them")
    .default(["disk"]),
});

type RawConfig = z.infer<typeof configSchema>;

export type ListenAt = { readonly address: string; readonly port: number };

/** All paths are absolute. */
export type AgentConfig = {
  readonly cluster: string;
  /** Name of the FailoverGroup. */
  readonly group: string;
  readonly source: ConfiguredSource;
  readonly pollMs: number;
  /** Folder of the record, the journal, the watchdog and the last good documents; for one agent alone. */
  readonly state: string;
  readonly health: ListenAt;
  readonly api: ListenAt & {
    readonly tls: { readonly certificate: string; readonly key: string; readonly ca: string };
  };
  readonly peer: { readonly url: string };
  readonly witness: {
    readonly credential: CredentialRef;
    readonly ca?: string;
    /** The way from here to the witness of the documents, when it is not its own URL: a proxy or a tunnel. */
    readonly url?: string;
    /** What this agent may ask of the witness in a day by its plan. */
    readonly requestsPerDay?: number;
  };
  readonly watchdog: {
    readonly fence: FenceConfig;
    readonly uptimeFile?: string;
    /** `pod`: a container beside the agent starts it, because a child would end with the agent's own. */
    readonly startedBy?: "agent" | "pod";
  };
  /** Where an Application says itself whether it is ready, by its name. */
  readonly applications: Readonly<Record<string, string>>;
  readonly services: RawConfig["services"];
  readonly heartbeat?: HeartbeatConfig;
  /** The API server of the agent's own region. */
  readonly kubernetes?: KubernetesChoice;
  readonly mesh?: MeshConfig;
  readonly healthRoute?: HealthRouteConfig;
  /** Where the record has to be before it counts. */
  readonly records: RawConfig["records"];
  /** Folder of the file, from which the paths of services and of the heartbeat count. */
  readonly folder: string;
};

/** Reads and checks the file; relative paths count from its folder. Fails with ConfigInvalid. */
export async function readAgentConfig(file: string): Promise<AgentConfig> {
  const { raw, folder } = await readYamlConfig(file, configSchema);
  return checked(absolute(raw, folder), file);
}

function absolute(raw: RawConfig, folder: string): AgentConfig {
  const at = (name: string): string => resolve(folder, name);
  const { certificate, key, ca } = raw.api.tls;
  const { credential, ca: witnessCa, url, requestsPerDay } = raw.witness;
  const state = at(raw.state);
  return {
    cluster: raw.cluster,
    group: raw.group,
    source: configuredSource(raw.source, folder, `${state}/documents-git`),
    pollMs: parseDurationMs(raw.pollEvery) ?? 5_000,
    state,
    health: raw.health,
    api: { ...raw.api, tls: { certificate: at(certificate), key: at(key), ca: at(ca) } },
    peer: raw.peer,
    witness: {
      credential: credential.file === undefined ? credential : { file: at(credential.file) },
      ...(witnessCa === undefined ? {} : { ca: at(witnessCa) }),
      ...(url === undefined ? {} : { url }),
      ...(requestsPerDay === undefined ? {} : { requestsPerDay }),
    },
    watchdog: {
      fence: raw.watchdog.fence,
      startedBy: raw.watchdog.startedBy,
      ...(raw.watchdog.uptimeFile === undefined ? {} : { uptimeFile: at(raw.watchdog.uptimeFile) }),
    },
    applications: raw.applications,
    services: raw.services,
    ...(raw.heartbeat === undefined ? {} : { heartbeat: raw.heartbeat }),
    ...(raw.kubernetes === undefined
      ? {}
      : { kubernetes: kubernetesChoice(raw.kubernetes, folder) }),
    ...(raw.mesh === undefined ? {} : { mesh: raw.mesh }),
    ...(raw.healthRoute === undefined ? {} : { healthRoute: raw.healthRoute }),
    records: raw.records,
    folder,
  };
}

function checked(config: AgentConfig, where: string): AgentConfig {
  const names = config.services.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) {
    throw wrong(where, "services", `the service ${twice} is there twice`);
  }
  for (const [name, url] of Object.entries(config.applications)) {
    // Somebody between could say that an Application is not ready, and so empty a region.
    if (url.startsWith("http:") && !isPrivate(new URL(url).hostname)) {
      throw wrong(where, `applications.${name}`, `${url} is asked with TLS only`);
    }
  }
  if (config.records.includes("apiServer") && config.kubernetes === undefined) {
    throw wrong(where, "kubernetes", "the record has to be at an API server, and none is given");
  }
  const usesCluster = config.mesh !== undefined || config.healthRoute !== undefined;
  if (usesCluster && config.kubernetes === undefined) {
    throw wrong(
      where,
      "kubernetes",
      "mesh and healthRoute are at an API server, and none is given",
    );
  }
  checkWatchdog(config, where);
  return config;
}

/** As the watchdog itself will judge it, so that a mistake is told now and by its place in this file. */
function checkWatchdog({ state, watchdog }: AgentConfig, where: string): void {
  const folder = `${state}/watchdog`;
  const times = { gapNoticeMs: 1, longestTenureMs: 1 };
  try {
    parseWatchdogConfig(JSON.stringify({ folder, fence: watchdog.fence, ...times }));
  } catch (thrown) {
    const { message, field = "" } = Failure.from(thrown, where);
    throw wrong(where, field === "folder" ? "state" : `watchdog.${field}`, message);
  }
}

function wrong(where: string, field: string, message: string): Failure {
  return new Failure("ConfigInvalid", message, { where, field });
}

/** This machine, or an address that no public network routes. */
function isPrivate(host: string): boolean {
  if (isLoopback(host)) return true;
  // A name may begin with any numbers.
  return isIP(host) === 4 && /^(?:10\.|192\.168\.|172\.(?:1[6-9]|2[0-9]|3[01])\.)/.test(host);
}
