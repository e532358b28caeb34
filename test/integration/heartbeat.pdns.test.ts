import { generateKeyPairSync } from "node:crypto";
import type { Packet } from "dns-packet";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { ResolverFinding } from "../../src/adapters/agent/heartbeat-evidence.ts";
import type { DnsEndpoint } from "../../src/control/env.ts";
import type { EvidenceSource } from "../../src/control/failover/ports.ts";
import type { PeerMessage } from "../../src/core/failover/message.ts";
import { type ForwardingRecursor, startForwardingRecursor } from "./forwarding-recursor.ts";
import {
  evidenceThrough,
  type HeartbeatRegion,
  here,
  startLyingResolver,
  startRegion,
  textAt,
  there,
  zone,
} from "./heartbeat-world.ts";

type World = {
  readonly self: HeartbeatRegion;
  readonly peer: HeartbeatRegion;
  readonly recursors: readonly ForwardingRecursor[];
};

let ends: (() => Promise<void>)[] = [];
let world: World;
beforeEach(async () => {
  ends = [];
  const [self, peer] = [await startRegion(here), await startRegion(there)];
  ends.push(self.stop, peer.stop);
  const zones = { [`${here}.${zone}`]: self.dns, [`${there}.${zone}`]: peer.dns };
  const recursors = await Promise.all([
    startForwardingRecursor(zones),
    startForwardingRecursor(zones, { "qname-minimization": "no" }),
    // Keeps everything for an hour, whatever its TTL, and goes on answering when nobody else does.
    startForwardingRecursor(zones, {
      "minimum-ttl-override": "3600",
      "packetcache-ttl": "3600",
      "serve-stale-extensions": "100",
    }),
  ]);
  ends.push(...recursors.map(({ stop }) => stop));
  world = { self, peer, recursors };
});
afterEach(async () => {
  await Promise.all(ends.map((stop) => stop()));
});

/** A machine that is busy may need another look; what is never shown is not shown by a later one either. */
const shows = (seen: EvidenceSource) => expect.poll(() => seen.look(), { timeout: 60_000 });
const all = () => world.recursors.map(({ dns }) => ({ dns }));

test("three recursors show who is active, at which epoch, and what changed since", async () => {
  const { self, peer } = world;
  const seen = evidenceThrough(self, peer, all());
  await shows(seen).toEqual({ peerActiveEpoch: null, selfVisible: true });
  peer.state = { epoch: 8, isActive: true };
  await shows(seen).toEqual({ peerActiveEpoch: 8, selfVisible: true });
  peer.state = { epoch: 8, isActive: false };
  await shows(seen).toEqual({ peerActiveEpoch: null, selfVisible: true });
  expect(seen.findings().map((finding) => finding.peer)).toEqual(
    Array(3).fill(expect.stringContaining("proven over ")),
  );
});

test("with one recursor gone there is evidence, with two there is none", async () => {
  const { self, peer, recursors } = world;
  peer.state = { epoch: 8, isActive: true };
  const told: ResolverFinding[] = [];
  const onChange = (finding: ResolverFinding) => void told.push(finding);
  const seen = evidenceThrough(self, peer, all(), { timeoutMs: 3_000, onChange });
  await shows(seen).toEqual({ peerActiveEpoch: 8, selfVisible: true });
  expect(told.splice(0).length).toBeGreaterThanOrEqual(3);
  await recursors[0]?.stop();
  await shows(seen).toEqual({ peerActiveEpoch: 8, selfVisible: true });
  expect(told.splice(0)[0]).toMatchObject({ self: expect.stringContaining("ECONNREFUSED") });
  recursors[1]?.hang();
  expect(await seen.look()).toEqual({ peerActiveEpoch: null, selfVisible: false });
  recursors[1]?.goOn();
  await shows(seen).toEqual({ peerActiveEpoch: 8, selfVisible: true });
});

test("a peer that is gone is unknown, also to a recursor that keeps old answers for an hour", async () => {
  const { self, peer } = world;
  peer.state = { epoch: 8, isActive: true };
  const seen = evidenceThrough(self, peer, all(), { timeoutMs: 3_000 });
  await shows(seen).toEqual({ peerActiveEpoch: 8, selfVisible: true });
  await peer.stop();
  ends = ends.filter((stop) => stop !== peer.stop);
  await shows(seen).toEqual({ peerActiveEpoch: null, selfVisible: true });
});

test("a region that resolvers do not reach learns that it is not visible", async () => {
  const { self, peer } = world;
  const seen = evidenceThrough(self, peer, all(), { timeoutMs: 3_000 });
  await self.stop();
  ends = ends.filter((stop) => stop !== self.stop);
  peer.state = { epoch: 8, isActive: true };
  await shows(seen).toEqual({ peerActiveEpoch: 8, selfVisible: false });
});

const asText = (packet: Packet, data: readonly Buffer[]): Packet => ({
  answers: (packet.questions ?? []).map(({ name }) => ({
    type: "TXT",
    name,
    ttl: 0,
    data: [...data],
  })),
});
const nameOf = ({ questions }: Packet): string => questions?.[0]?.name ?? "";
const serverOf = (packet: Packet): DnsEndpoint =>
  nameOf(packet).includes(here) ? world.self.dns : world.peer.dns;

test("a resolver that lies shows nothing, and two honest ones beside it are enough", async () => {
  const { self, peer, recursors } = world;
  peer.state = { epoch: 8, isActive: true };
  const replayed = new Map<string, readonly Buffer[]>();
  const lies: Readonly<Record<string, (question: Packet) => Promise<Packet> | Packet>> = {
    "an answer to an earlier nonce": async (question) => {
      const key = nameOf(question).split(".")[1] ?? "";
      const old = replayed.get(key) ?? (await textAt(serverOf(question), nameOf(question)));
      replayed.set(key, old);
      return asText(question, old);
    },
    "another epoch under the true signature": async (question) => {
      const [text = Buffer.alloc(0), ...rest] = await textAt(serverOf(question), nameOf(question));
      return asText(question, [Buffer.from(text.toString().replace(/ep=[78]/, "ep=9")), ...rest]);
    },
    "the other region's answer": async (question) => {
      const name = nameOf(question).replace(here, there);
      return asText(question, await textAt(peer.dns, name));
    },
    "no such name": () => ({ flags: 3 }),
    "a failure": () => ({ flags: 2 }),
    "a text of its own": (question) => asText(question, [Buffer.from("v=1;g=ledger;role=active")]),
  };
  for (const [what, lie] of Object.entries(lies)) {
    const liar = await startLyingResolver(lie);
    try {
      const honest = recursors.slice(0, 2).map(({ dns }) => ({ dns }));
      const change = { timeoutMs: 3_000 };
      const beside = evidenceThrough(self, peer, [...honest, { dns: liar.dns }], change);
      // The first one is the one that is played back.
      if (what === "an answer to an earlier nonce") await beside.look();
      await shows(beside).toEqual({ peerActiveEpoch: 8, selfVisible: true });
      const [shown] = beside
        .findings()
        .filter(({ resolver }) => resolver.includes(liar.dns.address));
      expect(shown?.self, what).not.toContain("proven");
      if (what !== "the other region's answer") expect(shown?.peer, what).not.toContain("proven");
    } finally {
      await liar.stop();
    }
  }
});

test("two resolvers that lie in the same way are not believed", async () => {
  const { self, peer, recursors } = world;
  const stranger = await startRegion(there);
  ends.push(stranger.stop);
  stranger.state = { epoch: 99, isActive: true };
  const liars = await Promise.all(
    [1, 2].map(() =>
      startLyingResolver(async (question) =>
        asText(question, await textAt(stranger.dns, nameOf(question).replace(here, there))),
      ),
    ),
  );
  ends.push(...liars.map(({ stop }) => stop));
  const resolvers = [...recursors.slice(0, 1), ...liars].map(({ dns }) => ({ dns }));
  const seen = evidenceThrough(self, peer, resolvers, { timeoutMs: 3_000 });
  expect(await seen.look()).toEqual({ peerActiveEpoch: null, selfVisible: false });
  expect(seen.findings()[1]?.peer).toContain("not signed by the region's key");
});

test("a heartbeat with a wrong key, or of another group, shows nothing", async () => {
  const { self, peer } = world;
  peer.state = { epoch: 8, isActive: true };
  const { publicKey: peerKey } = generateKeyPairSync("ed25519");
  const nothing = { peerActiveEpoch: null, selfVisible: true };
  await shows(evidenceThrough(self, peer, all(), { peerKey })).toEqual(nothing);
  const ofOther = evidenceThrough(self, peer, all(), { group: "shop" });
  expect(await ofOther.look()).toEqual({ peerActiveEpoch: null, selfVisible: false });
  expect(ofOther.findings()[0]?.peer).toContain("it is of the group ledger, and not of shop");
});

const messages: readonly PeerMessage[] = [
  { kind: "ask", seq: 3, sync: "in_sync", policy: "sticky", epoch: 7, round: 1 },
  { kind: "consent", seq: 3, policy: "sticky", epoch: 7, round: 1 },
  { kind: "clearAsk", nonce: "a/1".repeat(40), epochSeen: 7 },
  { kind: "clear", nonce: "b/2".repeat(40), outstanding: "none", epochSeen: 7, roundIssued: 1 },
];

test("messages reach the peer through recursors, each once, also those that take TCP", async () => {
  const { self, peer } = world;
  const heard: PeerMessage[] = [];
  self.link.listen((message) => heard.push(message));
  for (const message of messages) await peer.link.send(message);
  const seen = evidenceThrough(self, peer, all());
  await shows(seen).toMatchObject({ selfVisible: true });
  await shows(seen).toMatchObject({ selfVisible: true });
  expect(heard).toEqual(messages);
  await peer.link.send({ kind: "giveBack", epoch: 7, round: 1 });
  await expect.poll(() => seen.look().then(() => heard.length), { timeout: 60_000 }).toBe(5);
  expect(heard.slice(4)).toEqual([{ kind: "giveBack", epoch: 7, round: 1 }]);
  expect(seen.findings().map((finding) => finding.peer)).toEqual(
    Array(3).fill(expect.stringContaining("proven over ")),
  );
});

test("one recursor of three is enough for a message, which is signed", async () => {
  const { self, peer, recursors } = world;
  const heard: PeerMessage[] = [];
  self.link.listen((message) => heard.push(message));
  const [message] = messages;
  if (message !== undefined) await peer.link.send(message);
  await Promise.all(recursors.slice(1).map(({ stop }) => stop()));
  const seen = evidenceThrough(self, peer, all(), { timeoutMs: 3_000 });
  await expect.poll(() => seen.look().then(() => heard), { timeout: 60_000 }).toEqual([message]);
  expect(await seen.look()).toEqual({ peerActiveEpoch: null, selfVisible: false });
});
