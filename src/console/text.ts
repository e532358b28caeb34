/** Numbers and moments as the console writes them. */

/** `8.3 s`, `4 min`, `3 h`: a time that passes. */
export function durationText(ms: number): string {
  const seconds = ms / 1_000;
  if (seconds < 99.95) return `${seconds.toFixed(1)} s`;
  const minutes = seconds / 60;
  if (minutes < 99.5) return `${Math.round(minutes)} min`;
  return `${Math.round(minutes / 60)} h`;
}

/** `03:12:47`, UTC. */
export function clockText(atMs: number): string {
  const date = new Date(atMs);
  return Number.isNaN(date.getTime()) ? "--:--:--" : date.toISOString().slice(11, 19);
}

/** `2026-11-21 03:12:47`, UTC. */
export function momentText(atMs: number): string {
  const date = new Date(atMs);
  if (Number.isNaN(date.getTime())) return "–";
  return date.toISOString().slice(0, 19).replace("T", " ");
}
