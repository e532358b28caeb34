import fc from "fast-check";
import { expect, test } from "vitest";
import { blockingRow, parseSocketTable } from "./socket-table.ts";

const head =
  "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode";
const row = (local: string, state: string, inode: number): string =>
  `   0: ${local} 00000000:0000 ${state} 00000000:00000000 00:00000000 00000000     0        0 ${inode} 1 0000000000000000 100 0 0 10 0`;

test("a listener is read with its address, port and inode", () => {
  expect(parseSocketTable([head, row("35010A7F:14B4", "0A", 4711)].join("\n"))).toEqual([
    { address: "127.10.1.53", port: 5300, state: "0A", inode: "4711" },
  ]);
});

test("an IPv4-mapped listener and a wildcard listener keep an address from us, an ended connection does not", () => {
  const rows = parseSocketTable(
    [
      row("0000000000000000FFFF000050010A7F:1F90", "0A", 1),
      row("00000000:2328", "0A", 2),
      row("0A010A7F:1BBC", "06", 3),
    ].join("\n"),
  );
  const tcp = (address: string, port: number) =>
    blockingRow(rows, { address, port, protocol: "tcp" })?.inode;
  expect(tcp("127.10.1.80", 8080)).toBe("1");
  expect(tcp("127.10.1.21", 9000)).toBe("2");
  expect(tcp("127.10.1.10", 7100)).toBeUndefined();
});

test("whatever the table holds, reading it never throws", () => {
  fc.assert(fc.property(fc.string(), (text) => void parseSocketTable(text)));
});
