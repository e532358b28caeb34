/** Reads the kernel's tables of sockets, /proc/net/{tcp,tcp6,udp,udp6} of proc(5); pure. */

export type SocketRow = {
  /** Canonical IPv4 writing, also for an IPv4-mapped address; `*` for a wildcard; hex digits for other IPv6. */
  readonly address: string;
  readonly port: number;
  /** TCP state in hex: `0A` listens; UDP sockets are `07`. */
  readonly state: string;
  readonly inode: string;
};

const mappedPrefix = "0000000000000000FFFF0000";

/** The rows of one table; lines that are not rows are left out. */
export function parseSocketTable(text: string): readonly SocketRow[] {
  const rows: SocketRow[] = [];
  for (const line of text.split("\n")) {
    const fields = line.trim().split(/\s+/);
    const local = /^([0-9A-F]{8}|[0-9A-F]{32}):([0-9A-F]{4})$/.exec(fields[1] ?? "");
    const [, address = "", port = ""] = local ?? [];
    const inode = fields[9];
    if (local === null || inode === undefined) continue;
    rows.push({
      address: writeAddress(address),
      port: Number.parseInt(port, 16),
      state: fields[3] ?? "",
      inode,
    });
  }
  return rows;
}

/** The kernel prints each 32-bit word in the byte order of the machine, little-endian wherever Node 20 runs. */
function writeAddress(hex: string): string {
  if (/^0+$/.test(hex)) return "*";
  if (hex.length === 8) return ipv4(hex);
  return hex.startsWith(mappedPrefix) ? ipv4(hex.slice(mappedPrefix.length)) : hex;
}

function ipv4(hex: string): string {
  return [6, 4, 2, 0].map((at) => Number.parseInt(hex.slice(at, at + 2), 16)).join(".");
}

/** The row that keeps a listener from `address` and `port`, or undefined. */
export function blockingRow(
  rows: readonly SocketRow[],
  wanted: { readonly address: string; readonly port: number; readonly protocol: "tcp" | "udp" },
): SocketRow | undefined {
  return rows.find(
    (row) =>
      row.port === wanted.port &&
      (row.address === wanted.address || row.address === "*") &&
      (wanted.protocol === "udp" || row.state === "0A"),
  );
}
