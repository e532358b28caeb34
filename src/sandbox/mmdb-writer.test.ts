import fc from "fast-check";
import { expect, test } from "vitest";
import { networkBytes } from "../core/dns/address.ts";
import { type GeoNetwork, writeMmdb } from "./mmdb-writer.ts";

const place = { latitude: 50.5, longitude: -12.25 };

/** The continent of an IPv4 address, read as the format's specification says, apart from the writer. */
function lookUp(file: Buffer, address: string, mapped = false): string | undefined {
  const metadata = file.indexOf(Buffer.from("abcdef4d61784d696e642e636f6d", "hex")) + 14;
  const countAt = file.indexOf("node_count", metadata) + "node_count".length;
  const size = (file[countAt] ?? 0) & 31;
  const count = size === 0 ? 0 : file.readUIntBE(countAt + 1, size);
  const bytes = networkBytes(`${address}/32`)?.bytes ?? [];
  const wide = [...Array<number>(10).fill(0), ...(mapped ? [255, 255] : [0, 0]), ...bytes];
  let node = 0;
  for (let bit = 0; bit < 128; bit++) {
    const side = ((wide[bit >> 3] ?? 0) >> (7 - (bit & 7))) & 1;
    node = file.readUIntBE(node * 6 + side * 3, 3);
    if (node >= count) break;
  }
  if (node === count) return undefined;
  const data = file.subarray(node - count + count * 6);
  const codeAt = data.indexOf("code") + 5;
  return data.subarray(codeAt, codeAt + 2).toString();
}

test("the bytes are the same for the same networks, and say what they are", () => {
  const rows: GeoNetwork[] = [{ network: "127.1.0.0/16", continent: "EU", ...place }];
  const file = writeMmdb(rows, 1_700_000_000);
  expect(file).toEqual(writeMmdb(rows, 1_700_000_000));
  expect(file.includes("Sovereign-Sandbox-City")).toBe(true);
  expect(file.includes("accuracy_radius")).toBe(true);
  expect(lookUp(file, "127.1.2.3")).toBe("EU");
  expect(lookUp(file, "127.1.2.3", true)).toBe("EU");
  expect(lookUp(file, "127.2.2.3")).toBeUndefined();
});

test("the longest prefix that holds an address counts, whatever the order of the networks", () => {
  const continents = ["AF", "AS", "EU", "NA"] as const;
  const row = fc.record({
    third: fc.nat(3),
    fourth: fc.nat(255),
    length: fc.integer({ min: 9, max: 32 }),
    continent: fc.constantFrom(...continents),
  });
  fc.assert(
    fc.property(fc.array(row, { maxLength: 12 }), fc.nat(3), fc.nat(255), (rows, third, fourth) => {
      const value = (a: number, b: number): number => (127 << 24) | (a << 8) | b;
      const networks = new Map(
        rows.map((one) => {
          const mask = -1 << (32 - one.length);
          const base = value(one.third, one.fourth) & mask;
          const bytes = [24, 16, 8, 0].map((shift) => (base >>> shift) & 255);
          return [`${bytes.join(".")}/${one.length}`, { ...one, base, mask }];
        }),
      );
      const file = writeMmdb(
        [...networks].map(([network, { continent }]) => ({ network, continent, ...place })),
        1,
      );
      const asked = value(third, fourth);
      const holding = [...networks.values()].filter(({ base, mask }) => (asked & mask) === base);
      const longest = holding.sort((a, b) => b.length - a.length)[0];
      expect(lookUp(file, `127.0.${third}.${fourth}`)).toBe(longest?.continent);
    }),
  );
});
