/** Verdict, losses and evidence of a report in the console's shapes, words and tones. */
import type { ReactNode } from "react";
import type {
  DrillEvidence,
  DrillLosses,
  DrillStep,
  DrillVerdict,
} from "../../core/view/drills-view.ts";
import { type GlyphName, type Tone, Word } from "../glyph.tsx";

type Look = { readonly glyph: GlyphName; readonly tone: Tone; readonly word: string };

const looks: Readonly<Record<DrillVerdict | DrillStep["result"], Look>> = {
  passed: { glyph: "pass", tone: "act", word: "passed" },
  missed: { glyph: "warn", tone: "warn", word: "missed" },
  unsafe: { glyph: "fail", tone: "bad", word: "unsafe" },
  incomplete: { glyph: "wait", tone: "mute", word: "incomplete" },
  notDone: { glyph: "none", tone: "mute", word: "not done" },
};

/** How a drill, or one of a game day, ended. */
export function VerdictWord(props: { readonly verdict: keyof typeof looks }): ReactNode {
  const { glyph, tone, word } = looks[props.verdict];
  return (
    <Word glyph={glyph} tone={tone}>
      {word}
    </Word>
  );
}

const doubts: Readonly<Record<Exclude<DrillEvidence["kind"], "genuine">, Look>> = {
  changed: { glyph: "fail", tone: "bad", word: "not genuine" },
  unrecorded: { glyph: "unknown", tone: "warn", word: "not on record" },
  unreadable: { glyph: "unknown", tone: "warn", word: "not readable" },
};

/** Whether it is what its drill wrote. */
export function EvidenceWord({ evidence }: { readonly evidence: DrillEvidence }): ReactNode {
  const { kind } = evidence;
  const look: Look =
    kind === "genuine" ? { glyph: "pass", tone: "act", word: "genuine" } : doubts[kind];
  return (
    <Word glyph={look.glyph} tone={look.tone}>
      {look.word}
    </Word>
  );
}

/** `0 of 1204 writes`; a loss, or not knowing, is never plain, and red unless the drill was meant to lose and passed. */
export function Losses(props: {
  readonly losses: DrillLosses | null;
  readonly verdict: DrillVerdict;
}): ReactNode {
  const { losses, verdict } = props;
  if (losses === null) return <span className="mute">–</span>;
  const { of, lost, all } = losses;
  const text = `${lost ?? "unknown"} of ${all} ${of}`;
  if (of === "requests" || lost === 0) return <span>{text}</span>;
  const wasMeant = verdict === "passed" && lost !== null;
  return (
    <Word glyph={wasMeant ? "warn" : "fail"} tone={wasMeant ? "warn" : "bad"}>
      {text}
    </Word>
  );
}
