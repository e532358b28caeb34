/** Whether the user of the configuration may make every request that a program of ours would make; asking changes nothing. */
import { Failure } from "../../core/kernel/failure.ts";
import type { Signal } from "../env.ts";
import type { AccessReviews } from "../kubernetes/access-review.ts";
import type { RequestAsked } from "../kubernetes/as-declared.ts";
import { type KubeProgram, type RequestMade, requestsMade } from "../kubernetes/requests-made.ts";
import { type Finding, fine } from "./finding.ts";
import { kindKey } from "./read-platform.ts";

export type RightsAsked = {
  /** Whose requests; `check` makes its own anyway. */
  readonly programs: readonly Exclude<KubeProgram, "check">[];
  /** Where our programs run. */
  readonly home: string;
  /** Where Applications and their data are. */
  readonly platform: readonly string[];
};

/** One finding for each missing right, and one for each program that has all. */
export async function rightFindings(
  reviews: AccessReviews,
  { programs, home, platform }: RightsAsked,
  signal: Signal,
): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  for (const program of programs) {
    const asked = requestsMade[program].flatMap((made) => askedOf(made, home, platform));
    const missing: Finding[] = [];
    for (const { request, because } of asked) {
      const reviewed = await review(reviews, request, signal);
      if (reviewed.kind !== "reviewed") return [notReviewed(reviewed.because)];
      if (!reviewed.isAllowed) missing.push(missingRight(program, request, because));
    }
    findings.push(...(missing.length > 0 ? missing : [allOf(program, asked.length)]));
  }
  return findings;
}

/** A server that can not be asked at all, such as a sandbox's, is no failure of the check. */
async function review(reviews: AccessReviews, request: RequestAsked, signal: Signal) {
  try {
    return await reviews.mayI(request, signal);
  } catch (thrown) {
    const failure = Failure.from(thrown, "SelfSubjectAccessReview");
    if (failure.code !== "KubernetesRefused") throw failure;
    return { kind: "unknown", because: failure.message } as const;
  }
}

type Asked = { readonly request: RequestAsked; readonly because: string };

function askedOf(
  { kind, verbs, subresource, where, because }: RequestMade,
  home: string,
  platform: readonly string[],
): readonly Asked[] {
  const places = { home: [home], platform, cluster: [undefined] }[where];
  return places.flatMap((namespace) =>
    verbs.map((verb) => ({ request: { kind, verb, subresource, namespace }, because })),
  );
}

function allOf(program: string, count: number): Finding {
  const because =
    count === 0 ? "it asks the API server for nothing" : `all ${count} of its requests are allowed`;
  return fine("rights", "RightsThere", { document: `the program ${program}`, because });
}

function missingRight(program: KubeProgram, request: RequestAsked, because: string): Finding {
  const { kind, verb, subresource, namespace } = request;
  const what = subresource === undefined ? kindKey(kind) : `${kindKey(kind)}/${subresource}`;
  const place = namespace === undefined ? "in the whole cluster" : `in the namespace ${namespace}`;
  return {
    area: "rights",
    level: "look",
    reason: "RightMissing",
    document: `the program ${program}`,
    field: `${verb} ${what}`,
    because: `this user may not do it ${place}; ${program} ${because}`,
    remedy: `Run the check as the service account sovereign-${program}, or bind its role there (deploy/kubernetes/base/rbac.yaml).`,
  };
}

function notReviewed(because: string): Finding {
  return {
    area: "rights",
    level: "look",
    reason: "RightsUnknown",
    document: "SelfSubjectAccessReview",
    field: "",
    because: `the server does not say what we may do: ${because}`,
    remedy: "Every user of a real API server may ask this; look at what stands between.",
  };
}
