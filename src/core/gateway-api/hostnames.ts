/** Hostnames of listeners and routes (Gateway API, `Hostname` and `HTTPRouteSpec.hostnames`): exact, or `*.` and a suffix; empty is any. */

/** Whether a name of a request is one of the pattern. A star stands for one label or more. */
export function hostMatches(pattern: string, host: string): boolean {
  if (pattern === "") return true;
  const [wanted, given] = [pattern.toLowerCase(), host.toLowerCase()];
  if (!wanted.startsWith("*.")) return wanted === given;
  return given.endsWith(wanted.slice(1)) && given.length > wanted.length - 1;
}

/** The more specific of two patterns that some name fits both; undefined when none does. */
export function hostIntersection(one: string, other: string): string | undefined {
  if (isWithin(one, other)) return one;
  return isWithin(other, one) ? other : undefined;
}

/** Negative when `one` is more specific: without a star before with one, longer before shorter, any last. */
export function compareHosts(one: string, other: string): number {
  const star = Number(one.startsWith("*.")) - Number(other.startsWith("*."));
  if (one === "" || other === "") return other.length - one.length;
  return star !== 0 ? star : other.length - one.length;
}

/** Whether every name of `inner` is one of `outer`. */
function isWithin(inner: string, outer: string): boolean {
  if (outer === "") return true;
  if (inner === "") return false;
  if (!inner.startsWith("*.")) return hostMatches(outer, inner);
  return outer.startsWith("*.") && inner.toLowerCase().endsWith(outer.slice(1).toLowerCase());
}
