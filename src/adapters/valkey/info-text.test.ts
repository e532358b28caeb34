import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isContinuedBy, parseInfo, type ServerInfo } from "./info-text.ts";

const history = "82352407b5f3a6b9b4d8911aa370269bcb6adb83";
const none = "0000000000000000000000000000000000000000";

const writer = [
  "process_id:4711",
  "loading:0",
  "rdb_bgsave_in_progress:0",
  "rdb_last_bgsave_status:ok",
  "rdb_last_save_time:1795305953",
  "role:master",
  "slave0:ip=127.0.0.1,port=17002,state=online,offset=120,lag=1",
  `master_replid:${history}`,
  `master_replid2:${none}`,
  "master_repl_offset:130",
  "second_repl_offset:-1",
  "repl_backlog_active:1",
  "cluster_enabled:0",
  "db0:keys=3,expires=0,avg_ttl=0",
  "db7:keys=2,expires=1,avg_ttl=5",
];

const replica = [
  "role:slave",
  "master_host:10.0.1.40",
  "master_port:6379",
  "master_link_status:up",
  "master_last_io_seconds_ago:4",
  "master_sync_in_progress:0",
  "slave_read_only:1",
];

/** As a server answers it, with other values of these fields. */
function infoText(...changed: readonly string[]): string {
  const fields = [...writer, ...changed].map((line) => [line.split(":")[0], line] as const);
  return ["# Server", ...new Map(fields).values(), ""].join("\r\n");
}

test("a server that takes writes says who follows it and how far", () => {
  expect(parseInfo(infoText())).toMatchObject({
    pid: 4711,
    isReplica: false,
    follows: null,
    replicas: [{ port: 17002, isOnline: true, offset: 120 }],
    history,
    earlier: null,
    offset: 130,
    keys: 5,
  });
});

test("a server says what was written to its disk, and what its limit of memory counts", () => {
  expect(parseInfo(infoText())).toMatchObject({
    isLastSaveGood: true,
    isLogGood: true,
    memory: { countedBytes: 0, mostBytes: 0 },
  });
  const full = ["used_memory:1000", "mem_not_counted_for_evict:100", "maxmemory:900"];
  const failed = ["aof_enabled:1", "aof_last_write_status:err", "rdb_last_bgsave_status:err"];
  expect(parseInfo(infoText(...full, ...failed, "maxmemory_policy:noeviction"))).toMatchObject({
    isLastSaveGood: false,
    isLogGood: false,
    memory: { countedBytes: 900, mostBytes: 900, evicts: false },
  });
  expect(parseInfo(infoText("aof_enabled:0", "aof_last_write_status:err"))?.isLogGood).toBe(true);
});

test("a replica says whom it follows, whether it does, and whether it refuses writes", () => {
  expect(parseInfo(infoText(...replica))).toMatchObject({
    isReplica: true,
    isReadOnly: true,
    follows: { host: "10.0.1.40", port: 6379 },
    isLinked: true,
    // Below the next whole second.
    silentMs: 5_000,
    isFilling: false,
  });
  const filling = ["master_link_status:down", "master_sync_in_progress:1", "slave_read_only:0"];
  expect(parseInfo(infoText(...replica, ...filling))).toMatchObject({
    isReadOnly: false,
    isLinked: false,
    isFilling: true,
  });
});

test("where nothing counts the bytes, there is no position", () => {
  expect(parseInfo(infoText("repl_backlog_active:0"))?.offset).toBeNull();
});

test("what is no answer of a server is none", () => {
  expect(parseInfo("")).toBeNull();
  expect(parseInfo(infoText("process_id:"))).toBeNull();
  expect(parseInfo(infoText("role:sentinel"))).toBeNull();
  fc.assert(fc.property(fc.string(), (text) => void parseInfo(text)));
});

describe("what is here is known to be in the other's data", () => {
  const at = (lines: readonly string[]): ServerInfo => {
    const info = parseInfo(infoText(...lines));
    if (info === null) throw new Error("it is an answer");
    return info;
  };
  const promoted = [
    "master_replid:257fe8c7f24372b38631e0d5688375991c8799f7",
    `master_replid2:${history}`,
    "master_repl_offset:500",
    "second_repl_offset:131",
  ];
  const ahead = ["master_repl_offset:131"];
  test.each<[string, readonly string[], readonly string[], boolean]>([
    ["of one history and not ahead", [], ["master_repl_offset:130"], true],
    ["of one history and ahead", ahead, [], false],
    ["of the history before its promotion, up to there", [], promoted, true],
    ["and a byte beyond", ahead, promoted, false],
    [
      "of histories that have nothing in common",
      [`master_replid:${"f".repeat(40)}`],
      promoted,
      false,
    ],
    ["where nothing counts the bytes", ["repl_backlog_active:0"], [], false],
  ])("%s", (_, here, there, isContinued) => {
    expect(isContinuedBy(at(here), at(there))).toBe(isContinued);
  });
});
