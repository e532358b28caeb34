/** The answers of all servers after an apply: how many are right, and each that is not. */
import type { ServerAnswers } from "../../control/dns/verify.ts";
import { Failure } from "../../core/kernel/failure.ts";
import type { JsonObject } from "../../core/kernel/json.ts";
import { type Io, paint } from "../io.ts";
import { counted } from "./plan-text.ts";
import { alignedLines } from "./table.ts";

export type Verified = {
  readonly server: string;
  /** Whether this region writes it; answers of other regions are reported only. */
  readonly own: boolean;
  readonly answers: ServerAnswers;
};

const wrongShownMax = 5;

/** One line for each server, and one for each answer that is wrong. */
export function answersText(verified: readonly Verified[], io: Pick<Io, "colour">): string {
  const rows = verified.flatMap(({ server, answers }): readonly (readonly string[])[] => {
    if (answers.silent !== undefined) {
      return [[paint(io, "red", "✗ silent"), server, answers.silent.message]];
    }
    const wrong = answers.asked.filter(({ judgement }) => !judgement.right);
    if (wrong.length === 0) {
      const count = counted(answers.asked.length, "answer");
      return [[paint(io, "green", "✓ right"), server, paint(io, "dim", count)]];
    }
    const shown = wrong
      .slice(0, wrongShownMax)
      .map(({ fqdn, type, judgement }) => [
        paint(io, "red", "✗ wrong"),
        server,
        `${type} ${fqdn}: ${judgement.because}`,
      ]);
    const more = wrong.length - shown.length;
    return more === 0 ? shown : [...shown, ["", server, `and ${more} more`]];
  });
  return [paint(io, "bold", "Answers"), ...alignedLines(rows, "  ")].join("\n");
}

/** The answers as data. */
export function answersData(verified: readonly Verified[]): readonly JsonObject[] {
  return verified.map(({ server, own, answers }) => ({
    server,
    own,
    silent: answers.silent?.toJson() ?? null,
    asked: answers.asked.length,
    wrong: answers.asked
      .filter(({ judgement }) => !judgement.right)
      .map(({ fqdn, type, expected, judgement }) => ({ fqdn, type, expected, ...judgement })),
  }));
}

/** AnswerWrong when a server of this region answers outside the plan or not at all. */
export function failureOfAnswers(verified: readonly Verified[]): Failure | undefined {
  for (const { server, own, answers } of verified) {
    if (!own) continue;
    if (answers.silent !== undefined) return answers.silent;
    const wrong = answers.asked.find(({ judgement }) => !judgement.right);
    if (wrong !== undefined) {
      const { fqdn, type, judgement } = wrong;
      const message = `${type} ${fqdn}: ${judgement.because}`;
      return new Failure("AnswerWrong", message, { where: server });
    }
  }
  return undefined;
}
