/** Two agents' real ways to each other on loopback: HTTPS with certificates made by openssl, and the relay on signed heartbeats. */
import { createPublicKey, generateKeyPairSync } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { dnsRelayLink } from "../../src/adapters/agent/dns-relay-link.ts";
import { heartbeatEvidence } from "../../src/adapters/agent/heartbeat-evidence.ts";
import { startHeartbeat } from "../../src/adapters/agent/heartbeat-server.ts";
import { type HttpsPeerLink, httpsPeerLink } from "../../src/adapters/agent/https-peer-link.ts";
import { relayOutbox } from "../../src/adapters/agent/relay-outbox.ts";
import { tlsFiles } from "../../src/adapters/agent/tls-files.ts";
import { required } from "../../src/core/kernel/assert.ts";
import { peerRoute } from "../../src/daemon/agent/peer-route.ts";
import { listenTls } from "../../src/daemon/agent/tls-listen.ts";
import { makeCertificates } from "../../src/sandbox/certificates.ts";
import { randomLoopback } from "../integration/pdns-server.ts";
import type { PeerLinkWorld } from "./peer-link.ts";

const clusters = ["hz-fsn-rtz-prod", "hz-hel-rtz-prod"] as const;
const group = "ledger";

/** Time as it is, with a limit that no machine needs. */
const realTime = {
  async until(condition: () => boolean): Promise<boolean> {
    for (let tries = 0; tries < 1_500 && !condition(); tries++)
      await new Promise((resolve) => setTimeout(resolve, 20));
    return condition();
  },
  settle: () => new Promise<void>((resolve) => setTimeout(resolve, 50)),
};
type Listening = Awaited<ReturnType<typeof listenTls>>;

/** Over HTTPS; cut is a listener that is closed. */
export async function httpsWorld(): Promise<PeerLinkWorld> {
  const folder = await mkdtemp(join(tmpdir(), "sovereign-peers-"));
  const address = randomLoopback();
  const certificates = await makeCertificates(
    folder,
    clusters.map((name) => ({ name })),
  );
  const listening: Listening[] = [];
  const links: HttpsPeerLink[] = [];
  const ports = [0, 0];
  const open = async (): Promise<void> => {
    for (const [index, self] of clusters.entries()) {
      const peer = required(clusters[1 - index], "there are two");
      const app = peerRoute({
        group,
        peer,
        receive: (json) => links[index]?.receive(json) ?? false,
      });
      const tls = tlsFiles(certificates.of(self));
      const one = await listenTls(app, { address, port: ports[index] ?? 0, tls });
      listening.push(one);
      ports[index] = Number(new URL(one.url).port);
    }
  };
  const shut = async (): Promise<void> => {
    await Promise.all(listening.splice(0).map((one) => one.close()));
  };
  await open();
  for (const [index, self] of clusters.entries()) {
    const peer = required(clusters[1 - index], "there are two");
    const url = `https://${address}:${ports[1 - index]}`;
    const tls = tlsFiles(certificates.of(self));
    links.push(httpsPeerLink({ self, peer, group, url, tls, timeoutMs: 20_000 }));
  }
  const [here, there] = links;
  return {
    ends: [required(here, "made above"), required(there, "made above")],
    setCut: (cut) => (cut ? shut() : open()),
    ...realTime,
    async close() {
      for (const link of links) link.close();
      await shut();
      await rm(folder, { recursive: true });
    },
  };
}

/** Over heartbeats that each side reads again and again; the servers stand for resolvers, and cut is not reading. */
export async function relayWorld(): Promise<PeerLinkWorld> {
  const zone = "hb.sovereign.test";
  const address = randomLoopback();
  const sides = await Promise.all(
    clusters.map(async (region) => {
      const { privateKey } = generateKeyPairSync("ed25519");
      // Nothing waits for longer than the other side may be cut off here, so that what was said then is lost.
      const outbox = relayOutbox(300);
      const state = () => ({ epoch: 7, isActive: false });
      const own = { zone, region, group, key: createPublicKey(privateKey) };
      const at = { address, port: 0, zone, region, group, signingKey: privateKey };
      const rate = { perSecond: 10_000, burst: 10_000, networksMax: 10 };
      const server = await startHeartbeat({ ...at, state, outbox, rate });
      return { own, server, link: dnsRelayLink(outbox) };
    }),
  );
  let isCut = false;
  let isOver = false;
  const looks = sides.map(async ({ own, link }, index) => {
    const peer = required(sides[1 - index], "there are two");
    const dns = { address, port: peer.server.port };
    const evidence = heartbeatEvidence({
      self: own,
      peer: peer.own,
      // A quorum is of no interest here: one proven answer is enough for a message.
      resolvers: [dns, { ...dns, port: 1 }, { ...dns, port: 2 }].map((one) => ({ dns: one })),
      timeoutMs: 500,
      hear: (run, shown) => {
        if (!isCut) link.hear(run, shown);
      },
    });
    while (!isOver) {
      await evidence.look();
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    evidence.close();
  });
  const [here, there] = sides;
  return {
    ends: [required(here, "made above").link, required(there, "made above").link],
    async setCut(cut) {
      // What waits from before the cut ends is not to be read after it.
      if (!cut) await new Promise((resolve) => setTimeout(resolve, 400));
      isCut = cut;
    },
    ...realTime,
    async close() {
      isOver = true;
      await Promise.all(looks);
      await Promise.all(sides.map(({ server }) => server.close()));
    },
  };
}
