import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { ResolverAddress } from "../../src/adapters/agent/heartbeat-resolver.ts";
import { httpsPeerLink } from "../../src/adapters/agent/https-peer-link.ts";
import { severalLinks } from "../../src/adapters/agent/several-links.ts";
import { tlsFiles } from "../../src/adapters/agent/tls-files.ts";
import type { EvidenceSource } from "../../src/control/failover/ports.ts";
import type { PeerMessage } from "../../src/core/failover/message.ts";
import { makeCertificates } from "../../src/sandbox/certificates.ts";
import { type DohServer, startDohServer } from "./doh-server.ts";
import { startForwardingRecursor } from "./forwarding-recursor.ts";
import {
  evidenceThrough,
  type HeartbeatRegion,
  here,
  startLyingResolver,
  startRegion,
  there,
  zone,
} from "./heartbeat-world.ts";
import { randomLoopback } from "./pdns-server.ts";

let ends: (() => Promise<void>)[] = [];
let self: HeartbeatRegion;
let peer: HeartbeatRegion;
let doh: readonly DohServer[];
let ca: string;
let folder: string;
beforeEach(async () => {
  ends = [];
  self = await startRegion(here);
  peer = await startRegion(there);
  peer.state = { epoch: 8, isActive: true };
  const recursor = await startForwardingRecursor({
    [`${here}.${zone}`]: self.dns,
    [`${there}.${zone}`]: peer.dns,
  });
  ends.push(self.stop, peer.stop, recursor.stop);
  folder = await mkdtemp(join(tmpdir(), "sovereign-doh-"));
  ends.push(() => rm(folder, { recursive: true }));
  const addresses = [1, 2, 3].map(randomLoopback);
  const made = await makeCertificates(folder, [{ name: "resolver", addresses }]);
  const { certificate, key } = made.of("resolver");
  const [cert, keyText] = await Promise.all([readFile(certificate, "utf8"), readFile(key, "utf8")]);
  ca = await readFile(made.ca, "utf8");
  doh = await Promise.all(
    addresses.map((address) => startDohServer(recursor.dns, { cert, key: keyText }, address)),
  );
  ends.push(...doh.map(({ stop }) => stop));
});
afterEach(async () => {
  await Promise.all(ends.map((stop) => stop()));
});

const seenBoth = { peerActiveEpoch: 8, selfVisible: true };
const nothing = { peerActiveEpoch: null, selfVisible: false };
const overHttps = (): readonly ResolverAddress[] => doh.map(({ url }) => ({ https: { url, ca } }));

/** A machine that is busy may need another look. */
const shows = (seen: EvidenceSource) => expect.poll(() => seen.look(), { timeout: 60_000 });

/** A port at which connections are taken and nothing is ever said. */
async function silentPort(address: string): Promise<{ server: Server; port: number }> {
  const server = createServer((socket) => socket.on("error", () => undefined));
  await new Promise<void>((resolve) => server.listen(0, address, resolve));
  const bound = server.address();
  return { server, port: typeof bound === "object" && bound !== null ? bound.port : 0 };
}

test("where port 53 is filtered, refused or meddled with, the same resolver is asked over HTTPS", async () => {
  const filtered = await silentPort(randomLoopback());
  const meddler = await startLyingResolver(() => ({ flags: 2 }));
  ends.push(meddler.stop, async () => void filtered.server.close());
  const address = filtered.server.address();
  const dns = [
    {
      address: typeof address === "object" && address !== null ? address.address : "",
      port: filtered.port,
    },
    { address: randomLoopback(), port: 53 },
    meddler.dns,
  ];
  const resolvers = overHttps().map((one, index): ResolverAddress => {
    const plain = dns[index];
    return plain === undefined ? one : { ...one, dns: plain };
  });
  const seen = evidenceThrough(self, peer, resolvers);
  await shows(seen).toEqual(seenBoth);
  expect(seen.findings().map((finding) => finding.peer)).toEqual(
    Array(3).fill("proven over HTTPS"),
  );
  seen.close();
});

test("a message is relayed where only HTTPS is left", async () => {
  const heard: unknown[] = [];
  self.link.listen((message) => heard.push(message));
  const nonce = "n".repeat(128);
  await peer.link.send({ kind: "clearAsk", nonce, epochSeen: 7 });
  await peer.link.send({ kind: "clear", nonce, outstanding: "none", epochSeen: 7, roundIssued: 1 });
  const seen = evidenceThrough(self, peer, overHttps());
  await expect.poll(() => seen.look().then(() => heard.length), { timeout: 60_000 }).toBe(2);
  await seen.look();
  seen.close();
  expect(heard).toHaveLength(2);
});

test("when the direct way is cut, a message arrives through resolvers", async () => {
  const certificates = await makeCertificates(folder, [{ name: there }]);
  const direct = httpsPeerLink({
    self: there,
    peer: here,
    group: "ledger",
    url: `https://${randomLoopback()}:1`,
    tls: tlsFiles(certificates.of(there)),
    timeoutMs: 20_000,
  });
  const missed: unknown[] = [];
  const both = severalLinks([direct, peer.link], (thrown) => missed.push(thrown));
  const heard: unknown[] = [];
  self.link.listen((message) => heard.push(message));
  const message: PeerMessage = { kind: "giveBack", epoch: 8, round: 3 };
  await both.send(message);
  expect(missed).toMatchObject([{ code: "PeerUnreachable" }]);
  const seen = evidenceThrough(self, peer, overHttps());
  await expect.poll(() => seen.look().then(() => heard), { timeout: 60_000 }).toEqual([message]);
  seen.close();
});

test("one of three that fails over HTTPS is outvoted; with two there is no evidence", async () => {
  const seen = evidenceThrough(self, peer, overHttps(), { timeoutMs: 3_000 });
  const [one, two] = doh;
  for (const mode of ["status 500", "another type", "without end", "silence"] as const) {
    if (one !== undefined) one.mode = mode;
    if (two !== undefined) two.mode = "well";
    await shows(seen).toEqual(seenBoth);
    if (two !== undefined) two.mode = mode;
    expect(await seen.look(), mode).toEqual(nothing);
  }
  seen.close();
});

test("a resolver whose certificate is of nobody that is trusted shows nothing", async () => {
  const resolvers = doh.map(({ url }) => ({ https: { url } }));
  const seen = evidenceThrough(self, peer, resolvers);
  expect(await seen.look()).toEqual(nothing);
  expect(seen.findings()[0]?.peer).toContain("HTTPS: ");
  expect(doh.map(({ asked }) => asked)).toEqual([0, 0, 0]);
  seen.close();
});
