/** `heartbeat` of agent.yaml, and all that is opened by it: the region's own heartbeat, what resolvers show, and the relay on it. */
import { readFile } from "node:fs/promises";
import { isIP } from "node:net";
import { resolve } from "node:path";
import { z } from "zod";
import { type DnsRelayLink, dnsRelayLink } from "../../adapters/agent/dns-relay-link.ts";
import {
  type HeartbeatEvidence,
  heartbeatEvidence,
  type ResolverFinding,
} from "../../adapters/agent/heartbeat-evidence.ts";
import { publicHalf, readPeerKey, readSigningKey } from "../../adapters/agent/heartbeat-keys.ts";
import type { ResolverAddress } from "../../adapters/agent/heartbeat-resolver.ts";
import { startHeartbeat } from "../../adapters/agent/heartbeat-server.ts";
import { relayOutbox } from "../../adapters/agent/relay-outbox.ts";
import type { DnsEndpoint } from "../../control/env.ts";
import { Failure } from "../../core/kernel/failure.ts";
import { domainField } from "../../core/resources/fields.ts";

const keySchema = z.strictObject({ file: z.string().min(1) });

/** `resolvers` and `dohResolvers` go together by their place: the first of both are the same resolver. */
export const heartbeatSchema = z.strictObject({
  address: z.union([z.ipv4(), z.ipv6()]),
  port: z.int().min(0).max(65_535),
  zone: domainField,
  publicAddresses: z
    .array(z.union([z.ipv4(), z.ipv6()]))
    .max(8)
    .optional(),
  key: keySchema,
  peerKey: keySchema,
  resolvers: z.array(z.string().max(80)).min(3).max(9),
  dohResolvers: z
    .array(z.url({ protocol: /^https$/ }))
    .max(9)
    .default([]),
  /** Authority of the DoH resolvers, when it is one of one's own. */
  dohCa: z.string().min(1).optional(),
});

export type HeartbeatConfig = z.infer<typeof heartbeatSchema>;

export type HeartbeatParts = {
  /** Cluster names. */
  readonly region: string;
  readonly peerRegion: string;
  readonly group: string;
  /** Folder from which relative paths count. */
  readonly folder: string;
  /** Asked for each answer: whether this region has authority at this moment, and at which epoch. */
  readonly state: () => { readonly epoch: number; readonly isActive: boolean };
  /** Limit of one look; shorter than the agent's. */
  readonly lookMs: number;
  readonly onFailure: (failure: Failure) => void;
  /** Told of each resolver that proves more or less than at the look before. */
  readonly onResolver?: (finding: ResolverFinding) => void;
};

export type OpenHeartbeat = {
  readonly evidence: HeartbeatEvidence;
  /** Give it to `severalLinks` beside the direct one. */
  readonly link: DnsRelayLink;
  close(): Promise<void>;
};

/** Starts to answer, and gives what looks and what relays. Fails with ConfigInvalid, CredentialUnreadable or AddressTaken. */
export async function openHeartbeat(
  config: HeartbeatConfig,
  parts: HeartbeatParts,
): Promise<OpenHeartbeat> {
  const { zone } = config;
  const { region, peerRegion, group, folder, lookMs, state, onFailure } = parts;
  const [signingKey, peerKey, dohCa] = await Promise.all([
    readSigningKey(resolve(folder, config.key.file)),
    readPeerKey(resolve(folder, config.peerKey.file)),
    config.dohCa === undefined ? undefined : readAuthority(resolve(folder, config.dohCa)),
  ]);
  const outbox = relayOutbox();
  const link = dnsRelayLink(outbox);
  const evidence = heartbeatEvidence({
    self: { zone, region, group, key: publicHalf(signingKey) },
    peer: { zone, region: peerRegion, group, key: peerKey },
    resolvers: resolversOf(config, dohCa),
    timeoutMs: lookMs,
    hear: link.hear,
    ...(parts.onResolver === undefined ? {} : { onChange: parts.onResolver }),
  });
  const { address, port, publicAddresses } = config;
  const at = {
    ...{ address, port, zone, region, group },
    ...(publicAddresses === undefined ? {} : { publicAddresses }),
  };
  const server = await startHeartbeat({ ...at, signingKey, state, outbox, onFailure });
  return {
    evidence,
    link,
    async close() {
      evidence.close();
      await server.close();
    },
  };
}

/** Each resolver with its address over HTTPS, if it has one. Fails with ConfigInvalid. */
export function resolversOf(
  { resolvers, dohResolvers }: Pick<HeartbeatConfig, "resolvers" | "dohResolvers">,
  dohCa?: string,
): readonly ResolverAddress[] {
  if (dohResolvers.length > resolvers.length) {
    const message = "dohResolvers are further addresses of the resolvers, in their order";
    throw new Failure("ConfigInvalid", message, { field: "heartbeat.dohResolvers" });
  }
  return resolvers.map((text, index): ResolverAddress => {
    const url = dohResolvers[index];
    const dns = endpointOf(text, `heartbeat.resolvers[${index}]`);
    if (url === undefined) return { dns };
    return { dns, https: dohCa === undefined ? { url } : { url, ca: dohCa } };
  });
}

/** `8.8.8.8`, `127.10.0.53:5300`, `2620:fe::fe`, `[2620:fe::fe]:53`. */
function endpointOf(text: string, field: string): DnsEndpoint {
  const bracketed = /^\[([^\]]+)\](?::([0-9]{1,5}))?$/.exec(text);
  const plain = /^([0-9.]+)(?::([0-9]{1,5}))?$/.exec(text);
  const [, address = text, portText = "53"] = bracketed ?? plain ?? [];
  const port = Number(portText);
  if (isIP(address) !== 0 && port >= 1 && port <= 65_535) return { address, port };
  throw new Failure("ConfigInvalid", `"${text}" is no IP address with or without a port`, {
    field,
  });
}

async function readAuthority(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (cause) {
    const message = "the authority of the DoH resolvers can not be read";
    throw new Failure("CredentialUnreadable", message, { where: path, cause });
  }
}
