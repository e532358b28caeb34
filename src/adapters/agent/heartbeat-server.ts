/**
 * A region's heartbeat: a small name server inside the region and nowhere else, so that whoever is answered has reached the region
 * (facts of failover §3.3, ADR 33). It signs at the moment of the question what the agent is at that moment; an agent that hangs is silent.
 */
import type { KeyObject } from "node:crypto";
import { createSocket, type Socket as UdpSocket } from "node:dgram";
import { isIPv6 } from "node:net";
import {
  heartbeatBody,
  heartbeatSignedText,
  sealedText,
} from "../../core/failover/heartbeat-text.ts";
import type { RelayedMessage } from "../../core/failover/relay.ts";
import { assert } from "../../core/kernel/assert.ts";
import { Failure } from "../../core/kernel/failure.ts";
import { answerTo, type HeartbeatZone } from "./heartbeat-answer.ts";
import { signed } from "./heartbeat-keys.ts";
import { listenForQuestions } from "./heartbeat-tcp.ts";
import { machineMonotonicMs } from "./machine-clock.ts";
import { defaultQueryRate, type QueryRateOptions, queryRate } from "./query-rate.ts";

export type HeartbeatOptions = {
  readonly address: string;
  /** UDP and TCP; 53 where the zone is delegated to it. */
  readonly port: number;
  readonly zone: string;
  /** Cluster name. */
  readonly region: string;
  readonly group: string;
  readonly signingKey: KeyObject;
  /** Asked for each answer: whether this region has authority at this moment, and at which epoch. */
  readonly state: () => { readonly epoch: number; readonly isActive: boolean };
  readonly outbox: { readonly run: string; messages(): readonly RelayedMessage[] };
  /** Where resolvers reach it, when that is not `address`. */
  readonly publicAddresses?: readonly string[];
  readonly rate?: QueryRateOptions;
  /** Told of what goes wrong while it answers. */
  readonly onFailure?: (failure: Failure) => void;
};

export type HeartbeatServer = { readonly port: number; close(): Promise<void> };

/** Answers over UDP and TCP from here on. Fails with AddressTaken, or ConfigInvalid when it may not listen there. */
export async function startHeartbeat(options: HeartbeatOptions): Promise<HeartbeatServer> {
  const { address } = options;
  const zone = zoneOf(options);
  const rate = options.rate ?? defaultQueryRate;
  // Over TCP nobody's address is forged, so what is forged over UDP does not count there.
  const judges = { udp: queryRate(rate), tcp: queryRate(rate) };
  const tell = (thrown: unknown): void =>
    options.onFailure?.(Failure.from(thrown, "the heartbeat's name server"));
  const answer = (packet: Buffer, from: string, way: "udp" | "tcp"): Buffer | undefined => {
    const verdict = judges[way](from, machineMonotonicMs());
    if (verdict === "drop" || (verdict === "briefly" && way === "tcp")) return undefined;
    try {
      return answerTo(packet, zone, verdict === "briefly" ? verdict : way);
    } catch (thrown) {
      // One question must not end the agent; whoever asked hears nothing, which proves nothing.
      tell(thrown);
      return undefined;
    }
  };
  const udp = createSocket(isIPv6(address) ? "udp6" : "udp4");
  await bound(udp, options);
  const { port } = udp.address();
  udp.on("error", tell);
  udp.on("message", (packet, from) => {
    const bytes = answer(packet, from.address, "udp");
    // Whether it arrives is for the resolver to find out.
    if (bytes !== undefined) udp.send(bytes, from.port, from.address, () => undefined);
  });
  try {
    const tcp = await listenForQuestions(address, port, (packet, from) =>
      answer(packet, from, "tcp"),
    );
    return {
      port,
      async close() {
        await Promise.all([tcp.close(), new Promise<void>((resolve) => udp.close(resolve))]);
      },
    };
  } catch (thrown) {
    udp.close();
    throw notListening(thrown, options);
  }
}

function zoneOf(options: HeartbeatOptions): HeartbeatZone {
  const { zone, region, address, group, signingKey, state, outbox } = options;
  assert(signingKey.type === "private", "a heartbeat is signed with a private key");
  const isAny = address === "0.0.0.0" || address === "::";
  return {
    zone,
    region,
    addresses: options.publicAddresses ?? (isAny ? [] : [address]),
    textFor(name) {
      const said = { group, ...state(), run: outbox.run, messages: outbox.messages() };
      const body = heartbeatBody(said);
      return sealedText(body, signed(heartbeatSignedText(name, body), signingKey));
    },
  };
}

function bound(udp: UdpSocket, options: HeartbeatOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (cause: Error): void => reject(notListening(cause, options));
    udp.once("error", fail);
    udp.bind(options.port, options.address, () => {
      udp.removeListener("error", fail);
      resolve();
    });
  });
}

function notListening(cause: unknown, { address, port }: HeartbeatOptions): Failure {
  const word = cause instanceof Error && "code" in cause ? String(cause.code) : String(cause);
  const code = word === "EADDRINUSE" ? "AddressTaken" : "ConfigInvalid";
  const message = `the heartbeat can not listen on ${address} port ${port} (${word})`;
  return new Failure(code, message, { field: "heartbeat", cause });
}
