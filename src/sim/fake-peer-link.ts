/** FAKE: the way between two agents: messages are lost, late, doubled and out of order, and each direction can be cut. */
import type { PeerLink } from "../control/failover/ports.ts";
import type { PeerMessage } from "../core/failover/message.ts";
import { chance, type Random } from "../core/kernel/random.ts";
import type { SimProcess, WorldTime } from "./failover-time.ts";

/** One direction. */
export type PeerWay = {
  isCut: boolean;
  lostPerMille: number;
  doubledPerMille: number;
  latePerMille: number;
  /** The most by which a late one is late. */
  lateMs: number;
};

export type PeerEnd = {
  /** Gives the end to a new process of its agent. */
  connect(process: SimProcess): PeerLink;
};

type Listener = { readonly process: SimProcess; readonly take: (message: PeerMessage) => void };

/** A direction without faults. */
export function openPeerWay(): PeerWay {
  return { isCut: false, lostPerMille: 0, doubledPerMille: 0, latePerMille: 0, lateMs: 0 };
}

/** Both ends; `ways[0]` leads from the first to the second. */
export function fakePeerLinks(
  time: WorldTime,
  random: Random,
  ways: readonly [PeerWay, PeerWay],
): readonly [PeerEnd, PeerEnd] {
  const listeners: [Listener | undefined, Listener | undefined] = [undefined, undefined];
  const carry = (way: PeerWay, to: 0 | 1, message: PeerMessage): void => {
    const delayMs =
      1 + random.below(40) + (chance(random, way.latePerMille) ? random.below(way.lateMs + 1) : 0);
    time.after(delayMs, () => {
      if (way.isCut) return;
      const listener = listeners[to];
      listener?.process.deliver(() => listener.take(message));
    });
  };
  const end = (from: 0 | 1, to: 0 | 1): PeerEnd => ({
    connect: (process) => ({
      async send(message) {
        const way = ways[from];
        if (way.isCut || chance(random, way.lostPerMille)) return;
        carry(way, to, message);
        if (chance(random, way.doubledPerMille)) carry(way, to, message);
      },
      listen(take) {
        const listener: Listener = { process, take };
        listeners[from] = listener;
        return () => {
          if (listeners[from] === listener) listeners[from] = undefined;
        };
      },
    }),
  });
  return [end(0, 1), end(1, 0)];
}
