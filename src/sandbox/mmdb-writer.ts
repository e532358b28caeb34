/**
 * Writes a GeoIP database in the MaxMind DB format 2.0 (https://maxmind.github.io/MaxMind-DB/): the sandbox's networks and
 * where they are, in just the fields that PowerDNS reads (facts of PowerDNS §5). No npm package writes this format (ADR 15).
 */
import { networkBytes } from "../core/dns/address.ts";
import { assert, required } from "../core/kernel/assert.ts";
import type { Continent } from "../core/resources/placements.ts";

/** A network and its place; of several that hold an address, the longest prefix counts. */
export type GeoNetwork = {
  /** `127.10.101.0/24`, or the same of IPv6. */
  readonly network: string;
  readonly latitude: number;
  readonly longitude: number;
  readonly continent: Continent;
};

/** A record of the tree: nothing, another node by its index, or data by its offset. */
type Link =
  | { readonly kind: "nothing" }
  | { readonly kind: "node"; readonly index: number }
  | { readonly kind: "data"; readonly offset: number };
type Node = [Link, Link];

const nothing: Link = { kind: "nothing" };
const separatorBytes = 16;

/** The bytes of a database of these networks, the same ones for the same input; readers refuse an epoch of 0. */
export function writeMmdb(networks: readonly GeoNetwork[], buildEpochSeconds: number): Buffer {
  assert(buildEpochSeconds > 0, "a database has a build epoch");
  const nodes: Node[] = [[nothing, nothing]];
  const data: Buffer[] = [];
  let offset = 0;
  const rows = networks.map((row) => ({ row, bits: bitsOf(row.network) }));
  // Less specific ones first, so that more specific ones are cut out of them.
  for (const { row, bits } of rows.sort((a, b) => a.bits.length - b.bits.length)) {
    const bytes = placeOf(row);
    insert(nodes, bits, { kind: "data", offset });
    data.push(bytes);
    offset += bytes.length;
  }
  aliasMapped(nodes);
  const marker = Buffer.from("abcdef4d61784d696e642e636f6d", "hex");
  return Buffer.concat([
    treeOf(nodes),
    Buffer.alloc(separatorBytes),
    ...data,
    marker,
    metadata(nodes.length, buildEpochSeconds),
  ]);
}

/** The bits of a network's prefix in the tree, in which IPv4 is `::/96`. */
function bitsOf(network: string): readonly (0 | 1)[] {
  const { bytes, prefixLength } = required(networkBytes(network), `${network} is a network`);
  const wide = bytes.length === 4 ? [...Array<number>(12).fill(0), ...bytes] : bytes;
  const length = bytes.length === 4 ? prefixLength + 96 : prefixLength;
  assert(length > 0, "a network has a prefix");
  return Array.from({ length }, (_, bit) =>
    (((wide[bit >> 3] ?? 0) >> (7 - (bit & 7))) & 1) === 1 ? 1 : 0,
  );
}

function insert(nodes: Node[], bits: readonly (0 | 1)[], link: Link): void {
  let here = nodes[0];
  for (const [depth, bit] of bits.entries()) {
    assert(here !== undefined, "the tree has a root");
    if (depth === bits.length - 1) {
      here[bit] = link;
      return;
    }
    const next: Link = here[bit];
    if (next.kind === "node") here = nodes[next.index];
    else {
      // What a wider network said holds on both sides until something narrower says otherwise.
      const made: Node = [next, next];
      here[bit] = { kind: "node", index: nodes.length };
      nodes.push(made);
      here = made;
    }
  }
}

/** `::ffff:0:0/96` is the IPv4 tree, as in MaxMind's own files: an IPv4-mapped address is where its IPv4 address is. */
function aliasMapped(nodes: Node[]): void {
  let link: Link = { kind: "node", index: 0 };
  for (let depth = 0; depth < 96 && link.kind === "node"; depth++) {
    link = nodes[link.index]?.[0] ?? nothing;
  }
  if (link.kind === "node") insert(nodes, bitsOf("::ffff:0:0/96"), link);
}

/** Two records of 24 bits each: a node, the count of nodes for nothing, or a place in the data. */
function treeOf(nodes: readonly Node[]): Buffer {
  const tree = Buffer.alloc(nodes.length * 6);
  for (const [index, node] of nodes.entries()) {
    for (const [side, link] of node.entries()) {
      const value =
        link.kind === "node"
          ? link.index
          : nodes.length + (link.kind === "data" ? separatorBytes + link.offset : 0);
      tree.writeUIntBE(value, index * 6 + side * 3, 3);
    }
  }
  return tree;
}

function placeOf({ continent, latitude, longitude }: GeoNetwork): Buffer {
  return map({
    continent: map({ code: text(continent) }),
    // PowerDNS takes a place only when it has all three.
    location: map({
      accuracy_radius: whole("uint16", 10),
      latitude: double(latitude),
      longitude: double(longitude),
    }),
  });
}

function metadata(nodeCount: number, buildEpochSeconds: number): Buffer {
  return map({
    node_count: whole("uint32", nodeCount),
    record_size: whole("uint16", 24),
    ip_version: whole("uint16", 6),
    database_type: text("Sovereign-Sandbox-City"),
    languages: list([text("en")]),
    binary_format_major_version: whole("uint16", 2),
    binary_format_minor_version: whole("uint16", 0),
    build_epoch: whole("uint64", buildEpochSeconds),
    description: map({ en: text("Networks of a sandbox on loopback") }),
  });
}

/** Types of the format; from 8 on the number stands in a second byte. */
const types = { text: 2, double: 3, uint16: 5, uint32: 6, map: 7, uint64: 9, list: 11 } as const;

/** The control bytes of a value: type, and size up to 284. */
function control(type: keyof typeof types, size: number): Buffer {
  assert(size < 285, "a value of the sandbox's database is small");
  const number = types[type];
  const [low, rest] = size < 29 ? [size, []] : [29, [size - 29]];
  return Buffer.from(number > 7 ? [low, number - 7, ...rest] : [(number << 5) | low, ...rest]);
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([control("text", bytes.length), bytes]);
}

function double(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleBE(value);
  return Buffer.concat([control("double", 8), bytes]);
}

/** A whole number in as few bytes as it needs. */
function whole(type: "uint16" | "uint32" | "uint64", value: number): Buffer {
  const bytes = Buffer.alloc(6);
  bytes.writeUIntBE(value, 0, 6);
  const first = bytes.findIndex((byte) => byte !== 0);
  const short = first < 0 ? Buffer.alloc(0) : bytes.subarray(first);
  return Buffer.concat([control(type, short.length), short]);
}

function map(fields: Readonly<Record<string, Buffer>>): Buffer {
  const entries = Object.entries(fields);
  const parts = entries.flatMap(([key, value]) => [text(key), value]);
  return Buffer.concat([control("map", entries.length), ...parts]);
}

function list(values: readonly Buffer[]): Buffer {
  return Buffer.concat([control("list", values.length), ...values]);
}
