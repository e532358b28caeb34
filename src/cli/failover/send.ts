/** Sends signed texts to agents and says of each what it answered. */
import { Failure } from "../../core/kernel/failure.ts";
import type { JsonObject } from "../../core/kernel/json.ts";
import type { Context } from "../command.ts";
import { type Io, paint } from "../io.ts";
import type { OrderAnswer, SignedText } from "./agent-client.ts";
import { failedFirst, outcomeMark } from "./marks.ts";
import type { AskedGroup, AskedRegion } from "./two-regions.ts";

export type Letter = { readonly to: AskedRegion; readonly signed: SignedText };

export type Delivered = {
  readonly region: string;
  readonly answer: OrderAnswer;
  /** Whether the agent answered at all. */
  readonly reached: boolean;
};

/** Sends every letter at once; an agent that does not answer is an answer too. Fails with Cancelled only. */
export function deliver(
  { group }: AskedGroup,
  letters: readonly Letter[],
  signal: AbortSignal,
): Promise<readonly Delivered[]> {
  return Promise.all(
    letters.map(async ({ to, signed }): Promise<Delivered> => {
      const { region, client, failure } = to;
      if (client === null || failure !== null) return lost(region, failure);
      try {
        const answer = await client.submit({ cluster: region, group }, signed, signal);
        return { region, answer, reached: true };
      } catch (thrown) {
        if (!(thrown instanceof Failure) || thrown.code === "Cancelled") throw thrown;
        return lost(region, thrown);
      }
    }),
  );
}

function lost(region: string, failure: Failure | null): Delivered {
  const why = failure ?? new Failure("AgentUnreachable", `the agent of ${region} was not asked`);
  return { region, answer: { accepted: false, failure: why, trace: [] }, reached: false };
}

/** Shows what came of it, and fails with the first refusal; `enough`: one agent that took it is enough, unreachable ones are only said. */
export function report({ io }: Context, { what, delivered, enough, after }: Reporting): void {
  const lines = delivered.flatMap((one) => answerLines(one, what, io));
  io.result(
    { ...after?.data, answers: delivered.map(answerData) },
    [...lines, ...(after?.lines ?? [])].join("\n"),
  );
  const refused = delivered.filter(({ answer }) => !answer.accepted);
  const serious =
    enough && refused.length < delivered.length
      ? refused.filter(({ reached }) => reached)
      : refused;
  for (const { answer } of serious) if (!answer.accepted) throw answer.failure;
}

export type Reporting = {
  /** `the order arm`. */
  readonly what: string;
  readonly delivered: readonly Delivered[];
  readonly enough: boolean;
  readonly after?: { readonly data: JsonObject; readonly lines: readonly string[] };
};

function answerLines({ region, answer }: Delivered, what: string, io: Io): readonly string[] {
  if (answer.accepted) {
    return [`${paint(io, "green", "✓")} ${region} took ${what}.`];
  }
  const { failure, trace } = answer;
  const failed = failedFirst(trace).filter(({ outcome }) => outcome === "failed");
  const rules =
    failed.length < 2
      ? []
      : failed.map(
          ({ rule, because }) => `    ${outcomeMark.failed} ${because} ${paint(io, "dim", rule)}`,
        );
  return [`${paint(io, "red", "✗")} ${region} did not take ${what}: ${failure.message}`, ...rules];
}

function answerData({ region, answer, reached }: Delivered): JsonObject {
  if (answer.accepted) return { region, accepted: true, because: answer.because };
  const trace = answer.trace.map((result) => ({ ...result }));
  return { region, accepted: false, reached, failure: { ...answer.failure.toJson() }, trace };
}
