/** Where people's signed orders and approvals arrive (ADR 35): checked, judged, remembered over restarts, and told to the agent. */
import { readFile } from "node:fs/promises";
import { z } from "zod";
import { verifySshSignature } from "../../adapters/people/ssh-signature.ts";
import type { Journal, Log } from "../../control/env.ts";
import type { RegionAgent } from "../../control/failover/region-agent.ts";
import type { OrderMemory } from "../../core/failover/accept-facts.ts";
import { type Accepting, acceptOrder, noOrders } from "../../core/failover/accept-order.ts";
import { approvalEpoch } from "../../core/failover/approved.ts";
import { readNote } from "../../core/failover/note.ts";
import { orderEvent } from "../../core/failover/order-event.ts";
import { orderNamespace } from "../../core/failover/order-text.ts";
import { Failure } from "../../core/kernel/failure.ts";
import { approvedActions } from "../../core/resources/failover-words.ts";
import type { GroupDocuments } from "./documents.ts";
import { replaceFile } from "./replace-file.ts";

export type SignedWord = { readonly text: string; readonly signature: string };

export type OrderDesk = {
  /** Judges what was sent, and tells the agent when it was taken. Fails as the check of a signature does. */
  take(word: SignedWord): Promise<Accepting>;
};

export type OrderDeskFacts = {
  /** File in which what was taken is remembered. */
  readonly path: string;
  readonly agent: () => RegionAgent;
  /** The newest documents: whoever was taken out of the roster is not heard any more. */
  readonly documents: () => GroupDocuments;
  readonly wallMs: () => number;
  readonly observeOnly: boolean;
  readonly journal: Journal;
  readonly log: Log;
};

const person = z.string().max(100);
const expiresAtMs = z.number();
const memorySchema = z.strictObject({
  nonces: z.array(z.strictObject({ nonce: z.string(), person, expiresAtMs })).max(10_000),
  approvals: z
    .array(
      z.strictObject({
        person,
        action: z.enum(approvedActions),
        expectedEpoch: z.number(),
        expiresAtMs,
        key: z.string(),
      }),
    )
    .max(10_000),
});

/** A desk that remembers what the process before it took. */
export async function openOrderDesk(facts: OrderDeskFacts): Promise<OrderDesk> {
  const { path, agent, documents, journal, log } = facts;
  let memory = await remembered(path);
  let writing: Promise<void> = Promise.resolve();
  return {
    async take({ text, signature }) {
      if (facts.observeOnly) {
        throw new Failure("OrderRefused", "this agent only observes, and does nothing", {
          remedy: "Send it to an agent that was started without --observe-only.",
        });
      }
      const { approvers } = documents().group;
      const keys = approvers.flatMap((approver) => approver.keys);
      const namespace = orderNamespace;
      const key = await verifySshSignature({ text, signature, namespace, keys });
      // From here on to the memory nothing waits, so that no word counts twice.
      const { sovereign, group, context } = documents();
      const state = agent().current();
      const accepting = acceptOrder({
        text,
        key,
        wallAtMs: facts.wallMs(),
        desk: {
          sovereign,
          region: context.self,
          group: group.name,
          approvers,
          knownEpoch: approvalEpoch(state),
          usedNonces: readNote(state.witness.seen?.record ?? null).used,
        },
        memory,
      });
      memory = accepting.memory;
      const event = orderEvent({ text, signature, key }, accepting);
      // Not awaited: people are heard while the journal's disk is full, too.
      if (event !== undefined) void journal.append(event).catch(() => undefined);
      const { taken } = accepting;
      if (taken === null) return accepting;
      const now = memory;
      writing = writing.then(() => keep(path, now, log));
      // A disk that is full does not keep people from acting; then a restart forgets that it heard them.
      await writing;
      if (taken.kind === "wish") agent().say(taken.wish);
      else agent().approve(taken.approval);
      return accepting;
    },
  };
}

async function remembered(path: string): Promise<OrderMemory> {
  const text = await readFile(path, "utf8").catch(() => undefined); // Absent is an answer.
  if (text === undefined) return noOrders;
  try {
    return memorySchema.parse(JSON.parse(text));
  } catch {
    return noOrders; // Torn or of another version: expiry and the witness's list of nonces still hold.
  }
}

async function keep(path: string, memory: OrderMemory, log: Log): Promise<void> {
  try {
    await replaceFile(path, `${JSON.stringify(memory)}\n`);
  } catch (thrown) {
    const failure = Failure.from(thrown, path).toJson();
    log.warn("what people said could not be remembered for the next start", { failure });
  }
}
