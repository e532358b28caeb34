import fc from "fast-check";
import { expect, test } from "vitest";
import { parseClusterState, parseControlData } from "./control-file.ts";

const bytesOf = (version: number, state: number): Buffer => {
  const bytes = Buffer.alloc(24);
  bytes.writeUInt32LE(version, 8);
  bytes.writeUInt32LE(state, 16);
  return bytes;
};

test.each([
  [1300, 6, "in production"],
  [1300, 5, "in archive recovery"],
  [1300, 1, "shut down"],
  [1300, 7, null],
  [0, 6, null],
  [0x14050000, 6, null],
])("version %j and state %j are %j", (version, state, name) => {
  expect(parseClusterState(bytesOf(version, state))).toBe(name);
});

test("half a control file says nothing", () => {
  expect(parseClusterState(Buffer.alloc(19))).toBeNull();
});

const printed = `pg_control version number:            1300
Database system identifier:           7388999999999999999
Database cluster state:               shut down in recovery
Latest checkpoint location:           0/3000060
Latest checkpoint's TimeLineID:       2
wal_log_hints setting:                on
max_connections setting:              100
max_worker_processes setting:         8
max_wal_senders setting:              10
max_prepared_xacts setting:           0
max_locks_per_xact setting:           64
Data page checksum version:           0
`;

test("what pg_controldata prints is read", () => {
  expect(parseControlData(printed)).toEqual({
    systemId: "7388999999999999999",
    state: "shut down in recovery",
    timeline: 2,
    checkpoint: 0x3000060,
    isRewindable: true,
    least: {
      max_connections: 100,
      max_worker_processes: 8,
      max_wal_senders: 10,
      max_prepared_transactions: 0,
      max_locks_per_transaction: 64,
    },
  });
});

test.each([
  ["neither checksums nor hints", "off", "0", false],
  ["checksums alone", "off", "1", true],
])("data with %s", (_, hints, checksums, isRewindable) => {
  const text = printed
    .replace("wal_log_hints setting:                on", `wal_log_hints setting: ${hints}`)
    .replace("checksum version:           0", `checksum version: ${checksums}`);
  expect(parseControlData(text)?.isRewindable).toBe(isRewindable);
});

test("anything else is nothing, and no text makes it fail", () => {
  expect(parseControlData("")).toBeNull();
  expect(parseControlData("Database system identifier: 1\n")).toBeNull();
  fc.assert(
    fc.property(fc.string(), (text) => {
      expect(() => parseControlData(text)).not.toThrow();
      expect(() => parseClusterState(Buffer.from(text))).not.toThrow();
    }),
  );
});
