/** Scripts of authority without the witness: how long it lasts, and what is remembered of its epoch. */
import type * as rehearsal from "../../src/core/failover/rehearsal.ts";
import type { Actor, Stage } from "../../src/core/failover/rehearsal.ts";
import type { Tenure } from "../../src/core/failover/watchdog.ts";
import type { Finding } from "./kill.ts";
import type { Property } from "./properties.ts";

type Play = typeof rehearsal;

const stageFile = "core/failover/rehearsal.ts";

function script(act: (play: Play) => Finding): Property {
  return {
    entries: [stageFile],
    judge: async (load) => act((await load(stageFile)) as Play), // That file.
  };
}

const ownTenure: Tenure = {
  epoch: 1_002,
  rev: 3,
  instance: "b1",
  round: null,
  kind: "own",
  untilAtMs: 1_010_000,
};

/** Region b has an authority of its own, and the witness shows the old lease of a. */
function withOwn(play: Play): { readonly here: Stage; readonly b: Actor } {
  const here = play.stage("peerArbiter");
  const b = here.actor("b");
  b.measures = (atMs) => play.factsOf("writable", atMs);
  b.record = { ...play.clearRecord, epochSeen: 1_002, epochHeld: 1_002, epochOwn: 1_002 };
  b.tenure = ownTenure;
  here.witness = { ...here.witness, epoch: 1, rev: 3, holder: "a", instance: "a1", ttlMs: 30_000 };
  here.restart(b);
  return { here, b };
}

export const rehearsalsOfOwn: Readonly<Record<string, Property>> = {
  "an epoch that is taken without the witness is none that the witness gave meanwhile": script(
    (play) => {
      const { here, b } = play.serving("sticky");
      // Two leases later b has heard of none of them.
      here.witness = { ...here.witness, epoch: 3 };
      here.pass(40_000);
      for (const person of ["ada", "grace"]) {
        const limits = { maxLossBytes: Number.MAX_SAFE_INTEGER, expiresAtMs: here.nowMs + 600_000 };
        const about = {
          group: "shop",
          action: "takeOverWithoutWitness",
          expectedEpoch: 1,
        } as const;
        here.give(b, {
          type: "approved",
          approval: { ...about, ...limits, person, nonce: person },
        });
      }
      const wish = { kind: "takeOver", withoutWitness: true, peerIsFenced: true } as const;
      here.give(b, { type: "personSaid", wish });
      let isTaken = false;
      here.pass(45_000, () => {
        isTaken ||= b.state.authority.kind === "own";
      });
      if (!isTaken) return "people's word gave it nothing";
      const epoch = b.state.record?.epochOwn ?? 0;
      return epoch > 3 ? null : "it has an epoch that the witness gave";
    },
  ),
  "who asked for the lease writes no longer than the peer has to wait": script((play) => {
    const { here, b } = withOwn(play);
    let askedAtMs: number | null = null;
    let wroteAtMs = 0;
    here.pass(120_000, () => {
      if (b.state.witness.call?.request?.op === "acquire") askedAtMs ??= here.nowMs;
      if (askedAtMs === null) here.answer(b);
      if (play.writers(here, b).length > 0) wroteAtMs = here.nowMs;
    });
    if (askedAtMs === null) return "it never asked";
    return wroteAtMs > askedAtMs + 30_000 ? "it writes beside the lease that it asked for" : null;
  }),
  "an epoch of its own is remembered by what the watchdog holds": script((play) => {
    const here = play.stage("peerArbiter");
    const b = here.actor("b");
    here.give(b, { type: "started", copies: [{ kind: "missing" }], tenure: ownTenure });
    return b.state.record?.epochOwn === 1_002 ? null : "its own epoch is forgotten";
  }),
  "what is left of a memory is written anew": script((play) => {
    const here = play.stage("peerArbiter");
    const b = here.actor("b");
    const record = { ...play.clearRecord, epochSeen: 1_002, epochOwn: 1_002 };
    const copies = [{ kind: "missing" }, { kind: "present", record }] as const;
    here.give(b, { type: "started", copies, tenure: null });
    return b.record?.epochOwn === 1_002 ? null : "nobody wrote it";
  }),
};
