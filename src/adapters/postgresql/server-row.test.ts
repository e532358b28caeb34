import { describe, expect, test } from "vitest";
import { notReadyOf, pairReasons, type Surroundings } from "./readiness.ts";
import { roleOf, type ServerRow, serviceFacts } from "./server-row.ts";

const regions = { region: "hz-fsn-rtz-prod", peerRegion: "hz-hel-rtz-prod" };

const writer: ServerRow = {
  systemId: "1",
  startedAt: "1795316400.123000",
  recovering: false,
  written: "0/5000000",
  flushed: "0/5000000",
  walFile: "000000020000000000000005",
  received: null,
  replayed: null,
  timelines: [1, 0, null],
  receiving: false,
  behindSeconds: null,
  silentSeconds: null,
  standbys: [
    { name: "hz-hel-rtz-prod", state: "streaming", syncState: "sync", flushed: "0/5000000" },
  ],
  syncNames: 'FIRST 1 ("hz-hel-rtz-prod")',
  follows: false,
  commits: "on",
  checkpointerIdle: true,
  bypasses: [],
  settings: { wal_level: "replica", max_connections: "100", wal_log_hints: "on" },
  mayReplicate: true,
  takesReplication: true,
  takesOwnReplication: true,
  promotions: [{ id: "a", epoch: 7, region: "hz-fsn-rtz-prod" }],
};

const standby: ServerRow = {
  ...writer,
  recovering: true,
  written: null,
  walFile: null,
  received: "0/5000000",
  replayed: "0/4000000",
  timelines: [1, 2, 2],
  receiving: true,
  behindSeconds: 1.5,
  standbys: [],
  follows: true,
  promotions: [{ id: "a", epoch: 7, region: "hz-hel-rtz-prod" }],
};

describe("the role of a server", () => {
  test.each([
    ["takes writes", writer, "writable"],
    ["was promoted here last, and is fenced", { ...writer, recovering: true }, "writable"],
    ["streams", standby, "standby"],
    ["lost its peer", { ...standby, receiving: false }, "standby"],
    ["was never promoted and follows", { ...standby, receiving: false, promotions: [] }, "standby"],
    ["is new, and nobody wrote", { ...writer, recovering: true, promotions: [] }, "writable"],
  ])("that %s", (_, row, role) => {
    expect(roleOf(row, regions.region)).toBe(role);
  });
});

describe("whether commits are safe", () => {
  const sure = { isConfirmed: true, isInForce: true };
  const syncOf = (row: ServerRow, seen = sure) => serviceFacts("db", row, regions, seen).sync;

  test("in step only when they wait, surely, for exactly this standby, and it confirms", () => {
    expect(syncOf(writer)).toBe("in_sync");
    expect(syncOf(writer, { ...sure, isConfirmed: false })).toBe("stalled");
    expect(syncOf(writer, { ...sure, isInForce: false })).toBeNull();
    expect(syncOf({ ...writer, standbys: [] })).toBe("stalled");
    const potential = writer.standbys.map((one) => ({ ...one, syncState: "potential" }));
    expect(syncOf({ ...writer, standbys: potential })).toBe("stalled");
  });

  test("alone when they wait for nobody, for anybody, or not at all", () => {
    expect(syncOf({ ...writer, syncNames: "" })).toBe("alone");
    expect(syncOf({ ...writer, syncNames: "*" })).toBe("alone");
    expect(syncOf({ ...writer, commits: "local" })).toBe("alone");
    const bypasses = [{ role: "app", database: null, setting: "synchronous_commit=off" }];
    expect(serviceFacts("db", { ...writer, bypasses }, regions, sure)).toMatchObject({
      sync: "alone",
      standbyReady: false,
    });
  });

  test("a standby says how far it is, and how long behind only while it hears its peer", () => {
    expect(serviceFacts("db", standby, regions, sure)).toMatchObject({
      role: "standby",
      sync: null,
      standbyReady: null,
      position: 0x5000000,
      timeline: 2,
      lagMs: 1_500,
    });
    const deaf = { ...standby, receiving: false, timelines: [1, 2, null] };
    expect(serviceFacts("db", deaf, regions, sure).lagMs).toBe(1_500);
    const empty = { ...deaf, behindSeconds: null };
    expect(serviceFacts("db", empty, regions, sure).lagMs).toBeNull();
    expect(serviceFacts("db", { ...standby, behindSeconds: null }, regions, sure).lagMs).toBe(0);
    const quiet = { ...standby, behindSeconds: null, silentSeconds: 2.6 };
    expect(serviceFacts("db", quiet, regions, sure).lagMs).toBe(0);
    // The way is cut, and nobody has noticed yet.
    const silent = { ...quiet, silentSeconds: 4.2 };
    expect(serviceFacts("db", silent, regions, sure).lagMs).toBe(4_200);
    const slow = { ...silent, behindSeconds: 9 };
    expect(serviceFacts("db", slow, regions, sure).lagMs).toBe(9_000);
  });
});

describe("what speaks against a failover", () => {
  const around: Surroundings = {
    isGateClosed: true,
    freeRatio: 0.5,
    freeBytes: 1e12,
    replicator: "postgres",
    granter: "postgres",
    peerSays: [],
  };
  const reasons = (row: Partial<ServerRow>, change: Partial<Surroundings> = {}) =>
    notReadyOf("db", { ...writer, ...row }, regions, { ...around, ...change }).join("\n");
  const setting = (name: string, value: string): Partial<ServerRow> => ({
    settings: { ...writer.settings, [name]: value },
  });

  test("nothing, when everything is as it has to be", () => {
    expect(reasons({})).toBe("");
  });

  test.each([
    [
      { bypasses: [{ role: "app", database: null, setting: "synchronous_commit=off" }] },
      {},
      "role app has synchronous_commit=off",
    ],
    [
      { bypasses: [{ role: null, database: "shop", setting: "synchronous_commit=local" }] },
      {},
      "every role in database shop",
    ],
    [{ commits: "off" }, {}, "synchronous_commit is off"],
    [{ syncNames: "*" }, {}, "synchronous_standby_names is set by somebody else"],
    [{ mayReplicate: false }, {}, "role postgres, by which the peer follows, may not replicate"],
    [{ takesReplication: false }, {}, "pg_hba.conf lets postgres replicate from nowhere"],
    [{ takesOwnReplication: false }, { granter: "agent" }, "lets agent replicate from nowhere"],
    [setting("wal_level", "minimal"), {}, "wal_level is minimal"],
    [setting("max_wal_senders", "0"), {}, "max_wal_senders is 0"],
    [{ settings: { wal_log_hints: "off", data_checksums: "off" } }, {}, "wal_log_hints"],
    [setting("fsync", "off"), {}, "fsync is off"],
    [setting("full_page_writes", "off"), {}, "full_page_writes is off"],
    [setting("restart_after_crash", "on"), {}, "restart_after_crash is on"],
    [{}, { freeRatio: 0.01, freeBytes: 50 * 1_048_576 }, "nearly full: 50 MiB are left"],
    [{}, { isGateClosed: false }, "a restart would take writes"],
    [{}, { peerSays: ["the peer is odd"] }, "the peer is odd"],
  ])("%j with %j", (row, change, sentence) => {
    expect(reasons(row, change)).toContain(sentence);
  });

  test("another database at the peer, and settings with which the standby would not start again", () => {
    expect(pairReasons(standby, { ...writer, systemId: "2" })[0]).toContain("another database");
    const more = { ...writer, settings: { ...writer.settings, max_connections: "200" } };
    expect(pairReasons(standby, more)).toEqual([
      "max_connections is 100 and the peer's is 200: this standby would not start again",
    ]);
    expect(pairReasons(writer, { ...standby, settings: more.settings })).toEqual([]);
    expect(pairReasons(standby, writer)).toEqual([]);
  });
});
