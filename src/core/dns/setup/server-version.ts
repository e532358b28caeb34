/** Versions of PowerDNS servers, compared as far as features need; what is no release is unknown, and unknown is old. */

export type ServerVersion = {
  readonly major: number;
  readonly minor: number;
  readonly patch: number;
  /** An alpha, beta or candidate: it does not have all of its release yet. */
  readonly early: boolean;
};

/** `4.7.3`, `5.1.0-rc1`, `PowerDNS Authoritative Server 4.9.0`; undefined for builds between releases and other words. */
export function parseServerVersion(text: string): ServerVersion | undefined {
  const match =
    /(?:^|\s)(\d{1,3})\.(\d{1,3})\.(\d{1,3})(?:[-~.]?(alpha|beta|rc)\d*)?(?=$|[\s+-])/i.exec(
      text.trim(),
    );
  if (match === null) return undefined;
  const [, major, minor, patch, early] = match;
  if (Number(major) === 0) return undefined;
  return {
    major: Number(major),
    minor: Number(minor),
    patch: Number(patch),
    early: early !== undefined,
  };
}

/** Whether a version has what came with one of the releases `since`, in rising order; earlier ones are for their own minor. */
export function isSince(version: ServerVersion, since: readonly string[]): boolean {
  return since.some((text, index) => {
    const first = parseServerVersion(text);
    if (first === undefined || orderOf(version) < orderOf(first)) return false;
    if (index === since.length - 1) return true;
    return version.major === first.major && version.minor === first.minor;
  });
}

function orderOf({ major, minor, patch, early }: ServerVersion): number {
  return ((major * 1_000 + minor) * 1_000 + patch) * 2 - (early ? 1 : 0);
}
