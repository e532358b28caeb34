/** What waits in this process to be read by the peer out of the heartbeat: at most one message of each kind, each for a short time. */
import { randomBytes } from "node:crypto";
import type { PeerMessage } from "../../core/failover/message.ts";
import {
  type RelayedMessage,
  stillWaiting,
  type WaitingMessage,
  withMessage,
} from "../../core/failover/relay.ts";
import { machineMonotonicMs } from "./machine-clock.ts";

export type RelayOutbox = {
  /** Names this process, so that its sequences are not taken for those of the one before it. */
  readonly run: string;
  put(message: PeerMessage): void;
  /** What waits now. */
  messages(): readonly RelayedMessage[];
};

/** An empty one; a message is shown for `keepMs`, by default half a minute: the peer looks every few seconds. */
export function relayOutbox(keepMs = 30_000): RelayOutbox {
  let waiting: readonly WaitingMessage[] = [];
  let lastSeq = 0;
  return {
    run: randomBytes(8).toString("hex"),
    put(message) {
      lastSeq += 1;
      waiting = withMessage(waiting, { seq: lastSeq, message, atMs: machineMonotonicMs() });
    },
    messages() {
      waiting = stillWaiting(waiting, machineMonotonicMs(), keepMs);
      return waiting;
    },
  };
}
