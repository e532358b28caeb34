/** What people ask of an actor of a rehearsal, and the verdict on it alone. Used by tests only. */

import type { PersonWish } from "./event.ts";
import type { Actor, Stage } from "./rehearsal.ts";
import { step } from "./step.ts";

/** A person says it, and it is done as far as it is allowed. */
export function say(here: Stage, actor: Actor, wish: PersonWish): void {
  here.give(actor, { type: "personSaid", wish });
}

/** The verdict on a wish; nothing is done. */
export function verdictOn(here: Stage, { context, state }: Actor, wish: PersonWish) {
  return step(context, state, { type: "personSaid", wish, atMs: here.nowMs, wallAtMs: here.nowMs })
    .verdict;
}
