/** Two regions with their heartbeats, and resolvers that lie about them. */
import { createPublicKey, generateKeyPairSync, type KeyObject } from "node:crypto";
import { createSocket } from "node:dgram";
import { decode, encode, type Packet } from "dns-packet";
import { type DnsRelayLink, dnsRelayLink } from "../../src/adapters/agent/dns-relay-link.ts";
import {
  heartbeatEvidence,
  type ResolverFinding,
} from "../../src/adapters/agent/heartbeat-evidence.ts";
import type { ResolverAddress } from "../../src/adapters/agent/heartbeat-resolver.ts";
import { startHeartbeat } from "../../src/adapters/agent/heartbeat-server.ts";
import { relayOutbox } from "../../src/adapters/agent/relay-outbox.ts";
import type { DnsEndpoint } from "../../src/control/env.ts";
import { randomLoopback } from "./pdns-server.ts";

export const zone = "hb.sovereign.test";
export const [here, there] = ["hz-fsn-rtz-prod", "hz-hel-rtz-prod"];

export type HeartbeatRegion = {
  readonly name: string;
  readonly dns: DnsEndpoint;
  readonly publicKey: KeyObject;
  readonly link: DnsRelayLink;
  /** What it says of itself from now on. */
  state: { epoch: number; isActive: boolean };
  /** Questions that it answered. */
  readonly asked: () => number;
  /** Nothing answers there any more. */
  stop(): Promise<void>;
};

/** Starts the heartbeat of a region; standing by at epoch 7, at first. */
export async function startRegion(name: string, group = "ledger"): Promise<HeartbeatRegion> {
  const { privateKey } = generateKeyPairSync("ed25519");
  const outbox = relayOutbox();
  const address = randomLoopback();
  let asked = 0;
  const region = {
    name,
    publicKey: createPublicKey(privateKey),
    link: dnsRelayLink(outbox),
    state: { epoch: 7, isActive: false },
    asked: () => asked,
  };
  const options = { address, port: 0, zone, region: name, group, signingKey: privateKey, outbox };
  const server = await startHeartbeat({
    ...options,
    state: () => {
      asked += 1;
      return region.state;
    },
  });
  return Object.assign(region, { dns: { address, port: server.port }, stop: server.close });
}

/** What `self` sees of itself and of `peer` through the resolvers. */
export function evidenceThrough(
  self: HeartbeatRegion,
  peer: HeartbeatRegion,
  resolvers: readonly ResolverAddress[],
  change: {
    readonly timeoutMs?: number;
    readonly peerKey?: KeyObject;
    readonly group?: string;
    readonly onChange?: (finding: ResolverFinding) => void;
  } = {},
) {
  const { timeoutMs = 4_000, peerKey = peer.publicKey, group = "ledger" } = change;
  return heartbeatEvidence({
    self: { zone, region: self.name, group, key: self.publicKey },
    peer: { zone, region: peer.name, group, key: peerKey },
    resolvers,
    timeoutMs,
    hear: self.link.hear,
    onChange: change.onChange ?? (() => undefined),
  });
}

export type LyingResolver = { readonly dns: DnsEndpoint; stop(): Promise<void> };

/** A resolver over UDP whose answers come from `answer`; nothing where that gives nothing. */
export async function startLyingResolver(
  answer: (question: Packet) => Promise<Packet | undefined> | Packet | undefined,
): Promise<LyingResolver> {
  const address = randomLoopback();
  const socket = createSocket("udp4");
  await new Promise<void>((resolve) => socket.bind(0, address, resolve));
  let isOpen = true;
  socket.on("message", (bytes, from) => {
    const question = decode(bytes);
    // It is there to misbehave; one that can not answer is silent.
    void Promise.resolve(answer(question)).then((packet) => {
      if (packet === undefined || !isOpen) return;
      const reply = encode({
        ...packet,
        type: "response",
        id: question.id ?? 0,
        questions: question.questions ?? [],
      });
      socket.send(reply, from.port, from.address);
    });
  });
  return {
    dns: { address, port: socket.address().port },
    stop: () =>
      new Promise((resolve) => {
        isOpen = false;
        socket.close(() => resolve());
      }),
  };
}

/** The texts at a name, as the server itself gives them; to be told again by a resolver that lies. */
export function textAt(server: DnsEndpoint, name: string): Promise<readonly Buffer[]> {
  const socket = createSocket("udp4");
  return new Promise((resolve) => {
    socket.on("message", (bytes) => {
      socket.close();
      const [answer] = decode(bytes).answers ?? [];
      resolve(
        answer?.type === "TXT" && Array.isArray(answer.data)
          ? answer.data.map((part) => Buffer.from(part))
          : [],
      );
    });
    socket.send(
      encode({ type: "query", id: 1, questions: [{ name, type: "TXT" }] }),
      server.port,
      server.address,
    );
  });
}
