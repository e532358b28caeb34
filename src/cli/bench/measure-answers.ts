/** How many answers a second each idiom gives, and what one costs the server, against a plain A record in one run. */
import { setTimeout as sleep } from "node:timers/promises";
import { benchDomain, benchName } from "./documents.ts";
import { load } from "./load.ts";
import type { PdnsProcess } from "./pdns-process.ts";

export type AnswerResult = {
  readonly idiom: string;
  readonly answersPerSecond: number;
  /** Processor time of the server for one answer, in microseconds; it does not depend on who asks. */
  readonly serverUs: number;
  /** Against the plain record of the same run. */
  readonly throughputRatio: number;
  readonly costRatio: number;
};

const idioms = [
  { idiom: "plain A (single-region)", label: benchName(2), type: "A" },
  { idiom: "ifurlup of all (active-active)", label: benchName(0), type: "A" },
  { idiom: "groups in order (active-hotstandby)", label: benchName(1), type: "A" },
  { idiom: "health text (_why)", label: `_why.${benchName(1)}`, type: "TXT" },
] as const;

/** Asks for each idiom for `seconds`, after its probes have had time to answer. */
export async function measureAnswers(
  pdns: PdnsProcess,
  seconds: number,
  onProgress: (line: string) => void,
): Promise<readonly AnswerResult[]> {
  const fqdn = (label: string): string => `${label}.bench-prod.${benchDomain}`;
  for (const { label, type } of idioms) await load(pdns.endpoint, fqdn(label), type, 0.2);
  await sleep(3_000);
  const measured: Omit<AnswerResult, "throughputRatio" | "costRatio">[] = [];
  for (const { idiom, label, type } of idioms) {
    onProgress(`asking for ${idiom}`);
    const before = pdns.cpuMs();
    const { answers, seconds: took } = await load(pdns.endpoint, fqdn(label), type, seconds);
    const serverUs = ((pdns.cpuMs() - before) * 1_000) / Math.max(1, answers);
    measured.push({ idiom, answersPerSecond: answers / took, serverUs });
  }
  const [plain] = measured;
  return measured.map((one) => ({
    ...one,
    throughputRatio: one.answersPerSecond / (plain?.answersPerSecond ?? 1),
    costRatio: one.serverUs / (plain?.serverUs ?? 1),
  }));
}
