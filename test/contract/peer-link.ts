/** What every way between two agents must do; run against the fake and against the real ones alike. It may double what is said. */
import { isDeepStrictEqual } from "node:util";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { PeerLink } from "../../src/control/failover/ports.ts";
import type { PeerMessage } from "../../src/core/failover/message.ts";

export type PeerLinkWorld = {
  readonly ends: readonly [PeerLink, PeerLink];
  /** Nothing that is sent from now on arrives, in either direction; or it does again. */
  setCut(cut: boolean): Promise<void>;
  /** Lets time pass until the condition holds, with a generous limit; then returns whether it does. */
  until(condition: () => boolean): Promise<boolean>;
  /** Lets as much time pass as a message takes that arrives. */
  settle(): Promise<void>;
  close(): Promise<void>;
};

/** One of each kind, each field with a value of its own. */
export const everyMessage: readonly PeerMessage[] = [
  { kind: "ask", seq: 1, sync: "in_sync", policy: "sticky", epoch: 7, round: 2 },
  { kind: "consent", seq: 3, policy: "peerArbiter", epoch: Number.MAX_SAFE_INTEGER, round: 4 },
  { kind: "giveBack", epoch: 5, round: 6 },
  { kind: "givenBack", epoch: 0, round: 8 },
  { kind: "clearAsk", nonce: `${"n".repeat(120)}/17`, epochSeen: 9 },
  { kind: "clear", nonce: '";sig=\\', outstanding: "unknown", epochSeen: 10, roundIssued: 1 },
];

export function peerLinkContract(name: string, makeWorld: () => Promise<PeerLinkWorld>): void {
  // Real ways take their time on a machine that is busy.
  describe(`${name} as a way between two agents`, { timeout: 60_000 }, () => {
    let world: PeerLinkWorld;
    beforeEach(async () => {
      world = await makeWorld();
    });
    afterEach(() => world.close());

    /** Sends, and says whether the link took it; a way that is cut may say so, or not know. */
    const say = async (end: 0 | 1, message: PeerMessage): Promise<boolean> => {
      const sent = world.ends[end].send(message).then(
        () => true,
        () => false,
      );
      await world.settle();
      return sent;
    };
    const hear = (end: 0 | 1): { readonly heard: PeerMessage[]; stop(): void } => {
      const heard: PeerMessage[] = [];
      const stop = world.ends[end].listen((message) => heard.push(message));
      return { heard, stop };
    };

    const isHeard = (heard: readonly PeerMessage[], message: PeerMessage): Promise<boolean> =>
      world.until(() => heard.some((one) => isDeepStrictEqual(one, message)));

    test("what one says the other hears as it was said, in both directions", async () => {
      const [here, there] = [hear(0), hear(1)];
      for (const message of everyMessage) {
        expect(await say(0, message)).toBe(true);
        expect(await isHeard(there.heard, message)).toBe(true);
        expect(await say(1, message)).toBe(true);
        expect(await isHeard(here.heard, message)).toBe(true);
      }
    });

    test("who says something does not hear it, and who no longer listens hears nothing", async () => {
      const [here, there] = [hear(0), hear(1)];
      await say(0, { kind: "giveBack", epoch: 1, round: 1 });
      expect(await world.until(() => there.heard.length > 0)).toBe(true);
      there.stop();
      const before = there.heard.length;
      await say(0, { kind: "giveBack", epoch: 1, round: 2 });
      await world.settle();
      expect([here.heard.length, there.heard.length]).toEqual([0, before]);
      const again = hear(1);
      await say(0, { kind: "giveBack", epoch: 1, round: 3 });
      expect(await isHeard(again.heard, { kind: "giveBack", epoch: 1, round: 3 })).toBe(true);
    });

    test("what is said while the way is cut harms nobody, and what is said later arrives", async () => {
      const there = hear(1);
      await world.setCut(true);
      for (let round = 1; round <= 3; round++) await say(0, { kind: "giveBack", epoch: 1, round });
      expect(there.heard).toEqual([]);
      await world.setCut(false);
      const message: PeerMessage = { kind: "givenBack", epoch: 1, round: 9 };
      expect(await say(0, message)).toBe(true);
      expect(await world.until(() => there.heard.some(({ kind }) => kind === "givenBack"))).toBe(
        true,
      );
    });

    test("many messages at once are sent or refused, and none waits for ever", async () => {
      const there = hear(1);
      const all = Array.from({ length: 60 }, (_, n) =>
        world.ends[0].send({ kind: "givenBack", epoch: 1, round: n }).then(
          () => "sent",
          () => "refused",
        ),
      );
      expect(await world.until(() => there.heard.length > 0)).toBe(true);
      expect((await Promise.all(all)).filter((one) => one === "sent").length).toBeGreaterThan(0);
    });
  });
}
