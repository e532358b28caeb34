/** The health path that a region's agent answers (DESIGN §3): 200 with authority and a ready Application, else 503. */

const prefix = "/.well-known/failover/";

/** The path of one Application; without it that of the group alone, which is 200 whenever the region serves the group. */
export function leasePath(group: string, application?: string): string {
  return application === undefined ? `${prefix}${group}` : `${prefix}${group}/${application}`;
}

/** The group in a probe's URL, or undefined when the URL is of another path. */
export function groupInUrl(url: string): string | undefined {
  const [, path] = /^https?:\/\/[^/]+(\/.*)$/.exec(url) ?? [];
  if (path?.startsWith(prefix) !== true) return undefined;
  return path.slice(prefix.length).split("/")[0];
}
