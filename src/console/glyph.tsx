/** Twelve-pixel glyphs that differ in outline and not only in colour; the word beside each says the same. */
import type { ReactNode } from "react";

export type GlyphName =
  | "active"
  | "standby"
  | "held"
  | "unknown"
  | "pass"
  | "fail"
  | "warn"
  | "wait"
  | "none";

const line = { fill: "none", stroke: "currentColor", strokeWidth: 1.5 } as const;
const round = { ...line, strokeLinecap: "round", strokeLinejoin: "round" } as const;

const shapes: Readonly<Record<GlyphName, ReactNode>> = {
  active: <circle cx="6" cy="6" r="4.5" fill="currentColor" />,
  standby: <circle cx="6" cy="6" r="3.75" {...line} />,
  held: (
    <>
      <path d="M1.5 1.5h9v9h-9z" {...round} />
      <path d="M4.4 1.5v9M7.6 1.5v9" {...line} />
    </>
  ),
  unknown: (
    <>
      <circle cx="6" cy="6" r="4.2" {...line} strokeDasharray="2.2 2.2" />
      <circle cx="6" cy="6" r="1.1" fill="currentColor" />
    </>
  ),
  pass: <path d="M2 6.4 4.8 9.2 10.2 3" {...round} />,
  fail: <path d="M2.6 2.6l6.8 6.8M9.4 2.6 2.6 9.4" {...round} />,
  warn: (
    <>
      <path d="M6 1.6 11 10.4H1z" {...round} />
      <path d="M6 4.8v2.4" {...round} />
      <circle cx="6" cy="8.9" r=".75" fill="currentColor" />
    </>
  ),
  wait: (
    <>
      <circle cx="6" cy="6" r="4.4" {...line} />
      <path d="M6 3.4V6l1.7 1.2" {...round} />
    </>
  ),
  none: <path d="M3 6h6" {...round} />,
};

/** The glyph, for the eye alone. */
export function Glyph({ name }: { readonly name: GlyphName }): ReactNode {
  return (
    <svg className="glyph" viewBox="0 0 12 12" aria-hidden="true" focusable="false">
      {shapes[name]}
    </svg>
  );
}

export type Tone = "act" | "warn" | "bad" | "fence" | "plain" | "mute";

/** A glyph and its word in one tone. */
export function Word(props: {
  readonly glyph: GlyphName;
  readonly tone: Tone;
  readonly children: ReactNode;
}): ReactNode {
  return (
    <span className={`word tone-${props.tone}`}>
      <Glyph name={props.glyph} />
      <span>{props.children}</span>
    </span>
  );
}
