import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, expect, test } from "vitest";
import { makeHeartbeatKey } from "../../adapters/agent/heartbeat-keys.ts";
import {
  type HeartbeatConfig,
  heartbeatSchema,
  openHeartbeat,
  resolversOf,
} from "./heartbeat-config.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "sovereign-heartbeat-"));
});
afterEach(() => rm(folder, { recursive: true }));

const resolvers = ["127.10.0.53:5300", "9.9.9.9", "[2620:fe::fe]:53"];
const config: HeartbeatConfig = heartbeatSchema.parse({
  address: "127.0.0.1",
  port: 0,
  zone: "hb.sovereign.test",
  key: { file: "own.pem" },
  peerKey: { file: "peer.pem" },
  resolvers,
});
const parts = {
  region: "hz-fsn-rtz-prod",
  peerRegion: "hz-hel-rtz-prod",
  group: "ledger",
  lookMs: 1_000,
  state: () => ({ epoch: 0, isActive: false }),
  onFailure: () => undefined,
};
const open = () => openHeartbeat(config, { ...parts, folder });
const keep = (name: string, text: string) => writeFile(join(folder, name), text);

test.each([
  ["a missing key", { peer: makeHeartbeatKey().publicPem }, "can not be read (ENOENT)"],
  [
    "no key at all",
    { own: "key", peer: makeHeartbeatKey().publicPem },
    "not a private Ed25519 key",
  ],
  [
    "the peer's private key",
    { own: makeHeartbeatKey().privatePem, peer: makeHeartbeatKey().privatePem },
    "only its public half may leave the region",
  ],
  [
    "a public key to sign with",
    { own: makeHeartbeatKey().publicPem, peer: makeHeartbeatKey().publicPem },
    "not a private Ed25519 key",
  ],
])("%s is refused, and the key is not shown", async (_what, files, words) => {
  for (const [name, text] of Object.entries(files)) await keep(`${name}.pem`, text);
  await expect(open()).rejects.toMatchObject({
    code: "CredentialUnreadable",
    message: expect.stringContaining(words),
  });
});

test("one key for both regions is refused", async () => {
  const { privatePem, publicPem } = makeHeartbeatKey();
  await Promise.all([keep("own.pem", privatePem), keep("peer.pem", publicPem)]);
  await expect(open()).rejects.toMatchObject({
    code: "ConfigInvalid",
    field: "heartbeat.peerKey",
  });
});

test("a resolver is an address with or without a port, and its HTTPS stands at the same place", () => {
  const dohResolvers = ["https://dns.test/dns-query"];
  expect(resolversOf({ resolvers, dohResolvers }, "PEM")).toEqual([
    {
      dns: { address: "127.10.0.53", port: 5300 },
      https: { url: "https://dns.test/dns-query", ca: "PEM" },
    },
    { dns: { address: "9.9.9.9", port: 53 } },
    { dns: { address: "2620:fe::fe", port: 53 } },
  ]);
});

test.each(["dns.google", "8.8.8.8:0", "8.8.8.8:70000", "8.8.8", "[8.8.8.8", "", "::1:53x"])(
  '"%s" is no resolver',
  (text) => {
    const three = [...resolvers.slice(0, 2), text];
    expect(() => resolversOf({ resolvers: three, dohResolvers: [] })).toThrow("is no IP address");
  },
);

test("more resolvers over HTTPS than resolvers are refused, and so is one that is named twice", async () => {
  const dohResolvers = Array<string>(4).fill("https://dns.test/dns-query");
  expect(() => resolversOf({ resolvers, dohResolvers })).toThrow("in their order");
  await Promise.all([
    keep("own.pem", makeHeartbeatKey().privatePem),
    keep("peer.pem", makeHeartbeatKey().publicPem),
  ]);
  const twice = { ...config, resolvers: ["9.9.9.9", "9.9.9.9:53", "1.1.1.1"] };
  await expect(openHeartbeat(twice, { ...parts, folder })).rejects.toMatchObject({
    code: "ConfigInvalid",
    field: "heartbeat.resolvers",
  });
});

test("no text makes reading a resolver fail in another way", () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      try {
        const [one] = resolversOf({ resolvers: [text], dohResolvers: [] });
        expect(one?.dns?.port).toBeGreaterThan(0);
      } catch (thrown) {
        expect(thrown).toMatchObject({ code: "ConfigInvalid" });
      }
    }),
  );
});
