/** What an actor of a rehearsal did, by kind. Used by tests only. */
import type { Effect } from "./effect.ts";
import type { Actor } from "./rehearsal.ts";

type Of<K extends Effect["type"]> = Extract<Effect, { readonly type: K }>;

/** Everything of one kind, oldest first. */
export function effects<K extends Effect["type"]>({ done }: Actor, type: K): readonly Of<K>[] {
  return done.filter((effect): effect is Of<K> => effect.type === type);
}
