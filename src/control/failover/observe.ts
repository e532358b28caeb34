/** `--observe-only`: readings are done; everything else is told to the journal once, and answered as if the world had refused it. */
import type { Effect } from "../../core/failover/effect.ts";
import { Failure } from "../../core/kernel/failure.ts";
import type { Json, JsonObject } from "../../core/kernel/json.ts";
import { carryOut, type Hands } from "./carry-out.ts";

/** Carries out what only reads; the same intention is journalled as `failover.wouldDo` when it changes, not each time. */
export function observed(hands: Hands): (effect: Effect) => void {
  const intended = new Map<Effect["type"], string>();
  return (effect) => {
    if (effect.type === "callWitness" && effect.request === null) {
      carryOut(hands, effect);
      return;
    }
    const intention = intentionOf(effect);
    const text = JSON.stringify(intention);
    if (intended.get(effect.type) !== text) {
      intended.set(effect.type, text);
      const event = { type: "failover.wouldDo", data: intention };
      // Not awaited: as with every event of the agent.
      void hands.env.journal.append(event).catch((thrown: unknown) => {
        const failure = Failure.from(thrown, "journal").toJson();
        hands.env.log.error("an event could not be journalled", { type: event.type, failure });
      });
    }
    refuse(hands, effect);
  };
}

/** Without what is new at each attempt. */
function intentionOf(effect: Effect): JsonObject {
  const what = (detail: Json): JsonObject => ({ effect: effect.type, detail });
  switch (effect.type) {
    case "callWitness":
      return what(effect.request?.op ?? "read");
    case "tellPeer":
      return what(effect.message.kind);
    case "store":
      return what({ armed: effect.record.armed, epochSeen: effect.record.epochSeen });
    case "setWatchdog":
      return what(effect.tenure === null ? null : { epoch: effect.tenure.epoch });
    case "fence":
      return what(effect.because);
    case "promote":
      return what({ service: effect.service, epoch: effect.epoch });
    case "setSync":
      return what(effect.sync);
    case "page":
      return what(effect.reason);
  }
}

function refuse({ tell }: Hands, effect: Effect): void {
  if (effect.type === "callWitness") {
    tell({ type: "witnessFailed", reqId: effect.reqId, outcome: "refused" });
  }
  // As if it were durable, in memory only: so it shows what would follow.
  if (effect.type === "store") tell({ type: "stored", version: effect.record.version });
  if (effect.type === "promote") {
    const { service, epoch } = effect;
    tell({ type: "promoteFailed", service, epoch, because: "this agent only observes" });
  }
}
