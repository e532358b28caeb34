/** Roles, states and answers as shape, word and tone, the same everywhere. */
import type { ReactNode } from "react";
import type {
  GroupView,
  LeadView,
  NameServerView,
  Role,
  SyncWord,
} from "../../core/view/topology-view.ts";
import { type GlyphName, type Tone, Word } from "../glyph.tsx";

type Look = { readonly glyph: GlyphName; readonly tone: Tone; readonly word: string };

const roles: Readonly<Record<Role, Look>> = {
  active: { glyph: "active", tone: "act", word: "active" },
  promoting: { glyph: "wait", tone: "warn", word: "promoting" },
  changing: { glyph: "wait", tone: "warn", word: "changing" },
  standby: { glyph: "standby", tone: "plain", word: "standby" },
  held: { glyph: "held", tone: "fence", word: "held back" },
  fencing: { glyph: "held", tone: "fence", word: "fencing" },
  observing: { glyph: "none", tone: "mute", word: "observing" },
  silent: { glyph: "unknown", tone: "bad", word: "agent silent" },
};

/** What a region is for a group; `quiet` where it is said of none. */
export function RoleWord(props: { readonly role: Role; readonly quiet?: boolean }): ReactNode {
  const { glyph, tone, word } = roles[props.role];
  return (
    <Word glyph={glyph} tone={props.quiet === true ? "mute" : tone}>
      {word}
    </Word>
  );
}

const states: Readonly<Record<GroupView["state"], Look>> = {
  served: { glyph: "active", tone: "act", word: "served" },
  unserved: { glyph: "fail", tone: "bad", word: "not served" },
  contested: { glyph: "fail", tone: "bad", word: "contested" },
  unknown: { glyph: "unknown", tone: "warn", word: "not known" },
};

/** Whether a group is served. */
export function StateWord({ state }: { readonly state: GroupView["state"] }): ReactNode {
  const { glyph, tone, word } = states[state];
  return (
    <Word glyph={glyph} tone={tone}>
      {word}
    </Word>
  );
}

const answers: Readonly<Record<NameServerView["state"] | LeadView["state"], Look>> = {
  right: { glyph: "pass", tone: "act", word: "answers as planned" },
  wrong: { glyph: "fail", tone: "bad", word: "answers wrong" },
  silent: { glyph: "unknown", tone: "bad", word: "does not answer" },
  unwritable: { glyph: "warn", tone: "warn", word: "can not be written" },
  unasked: { glyph: "wait", tone: "mute", word: "not asked yet" },
};

/** How a name server answers. */
export function AnswerWord({ state }: { readonly state: keyof typeof answers }): ReactNode {
  const { glyph, tone, word } = answers[state];
  return (
    <Word glyph={glyph} tone={tone}>
      {word}
    </Word>
  );
}

const syncs: Readonly<Record<SyncWord, Look>> = {
  inStep: { glyph: "pass", tone: "act", word: "in step" },
  behind: { glyph: "warn", tone: "warn", word: "not in step" },
  stalled: { glyph: "wait", tone: "warn", word: "writes wait" },
  unknown: { glyph: "unknown", tone: "mute", word: "not known" },
  none: { glyph: "none", tone: "mute", word: "not asked for" },
};

/** Whether the standby confirms every commit. */
export function SyncWordOf({ sync }: { readonly sync: SyncWord }): ReactNode {
  const { glyph, tone, word } = syncs[sync];
  return (
    <Word glyph={glyph} tone={tone}>
      {word}
    </Word>
  );
}
