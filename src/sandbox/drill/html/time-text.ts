/** Instants of a report as text, always UTC, always from the report itself. */

type Dated = { readonly times: { readonly brokenAt: string } };

/** `02:41:06.123` of an instant of the report. */
export function clockText(report: Dated, atMs: number): string {
  return new Date(Date.parse(report.times.brokenAt) + atMs).toISOString().slice(11, 23);
}

/** `2026-11-20 02:41:00 UTC` of the break. */
export function dateText(report: Dated): string {
  return `${report.times.brokenAt.slice(0, 10)} ${report.times.brokenAt.slice(11, 19)} UTC`;
}

/** Seconds from the break with a sign and three decimals: `+4.200`. */
export function offsetText(atMs: number): string {
  return `${atMs < 0 ? "−" : "+"}${(Math.abs(atMs) / 1_000).toFixed(3)}`;
}
