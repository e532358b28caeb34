/** Positions in PostgreSQL's log: `16/B374D848` is two halves of 64 bits, the first byte of a record (PostgreSQL, `pg_lsn`). */

const half = 2 ** 32;

/** The position in bytes, or null for what is none; beyond 2^53 bytes (9 PB of log) it could not be told exactly and is none either. */
export function parseLsn(text: string | null): number | null {
  const halves = /^([0-9A-F]{1,8})\/([0-9A-F]{1,8})$/i.exec(text ?? "");
  if (halves?.[1] === undefined || halves[2] === undefined) return null;
  const position = Number.parseInt(halves[1], 16) * half + Number.parseInt(halves[2], 16);
  return Number.isSafeInteger(position) ? position : null;
}

/** As PostgreSQL writes it. */
export function formatLsn(position: number): string {
  const hex = (value: number): string => value.toString(16).toUpperCase();
  return `${hex(Math.floor(position / half))}/${hex(position % half)}`;
}

/** The last 16 digits of the name of the log file that holds the position; they grow with it. */
export function segmentOf(position: number, segmentBytes: number): string {
  const number = Math.floor(position / segmentBytes);
  const perHalf = Math.floor(half / segmentBytes);
  const hex = (value: number): string => value.toString(16).toUpperCase().padStart(8, "0");
  return `${hex(Math.floor(number / perHalf))}${hex(number % perHalf)}`;
}

/** The timeline of a log file's name (24 hexadecimal digits); null for anything else. */
export function timelineOfWalFile(name: string | null): number | null {
  if (name === null || !/^[0-9A-F]{24}$/i.test(name)) return null;
  return Number.parseInt(name.slice(0, 8), 16);
}
