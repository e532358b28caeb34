/**
 * Carries out what a decision asks for. Every effect is begun at once, in order, and none waits for another: so a witness that is slow
 * never delays a fence. What comes of one comes back as an event, at the latest when its limit is over.
 */
import type { Effect } from "../../core/failover/effect.ts";
import { Failure } from "../../core/kernel/failure.ts";
import type { LeaseRequest } from "../../core/lease/request.ts";
import type { Env } from "../env.ts";
import type { Happening } from "./happening.ts";
import type { AgentOptions } from "./options.ts";
import type { AgentPorts } from "./ports.ts";
import { within } from "./within.ts";

export type Hands = {
  readonly env: Env;
  readonly ports: AgentPorts;
  readonly options: AgentOptions;
  readonly slot: string;
  readonly rpcTimeoutMs: number;
  readonly fenceBudgetMs: number;
  /** Takes what came of an effect. */
  readonly tell: (happening: Happening) => void;
};

/** Begins the effect; never throws and never waits. */
export function carryOut(hands: Hands, effect: Effect): void {
  const { ports, tell } = hands;
  switch (effect.type) {
    case "callWitness":
      callWitness(hands, effect.reqId, effect.request);
      return;
    case "tellPeer":
      begin(hands, "a message to the peer", hands.options.sendLimitMs, (signal) =>
        ports.peer.send(effect.message, signal),
      );
      return;
    case "store":
      store(hands, effect);
      return;
    case "setWatchdog":
      ports.watchdog.set(effect.tenure);
      return;
    case "fence":
      begin(
        hands,
        "fencing",
        hands.fenceBudgetMs,
        (signal) => ports.data.fence(effect.because, signal),
        () => tell({ type: "fenced" }),
        (failure) => tell({ type: "fenceFailed", because: failure.message }),
      );
      return;
    case "promote": {
      const { service, epoch } = effect;
      begin(
        hands,
        `promoting ${service}`,
        hands.options.promoteLimitMs,
        (signal) => ports.data.promote(service, epoch, signal),
        () => tell({ type: "promoted", service, epoch }),
        ({ message }) => tell({ type: "promoteFailed", service, epoch, because: message }),
      );
      return;
    }
    case "setSync":
      // What came of it is measured, not believed.
      begin(hands, `setting commits to ${effect.sync}`, hands.options.setSyncLimitMs, (signal) =>
        ports.data.setSync(effect.sync, signal),
      );
      return;
    case "page":
      hands.env.log.error("a person is needed", {
        reason: effect.reason,
        because: effect.because,
      });
      return;
  }
}

function callWitness(hands: Hands, reqId: string, request: LeaseRequest | null): void {
  const { ports, slot, tell, rpcTimeoutMs } = hands;
  const failed = ({ code }: Failure): void => {
    const isRefused = code === "WitnessRefused" || code === "WitnessUnauthorized";
    tell({ type: "witnessFailed", reqId, outcome: isRefused ? "refused" : "unknown" });
  };
  if (request === null) {
    begin(
      hands,
      "reading the witness",
      rpcTimeoutMs,
      (signal) => ports.witness.read(slot, signal),
      (record) => tell({ type: "witnessRead", reqId, record }),
      failed,
    );
    return;
  }
  begin(
    hands,
    "asking the witness",
    rpcTimeoutMs,
    (signal) => ports.witness.ask(slot, request, signal),
    (reply) => tell({ type: "witnessReplied", reqId, reply }),
    failed,
  );
}

function store(hands: Hands, { record }: Extract<Effect, { type: "store" }>): void {
  const { ports, tell } = hands;
  begin(
    hands,
    "storing the record",
    hands.options.storeLimitMs,
    (signal) => Promise.all(ports.stores.map((place) => place.write(record, signal))),
    () => tell({ type: "stored", version: record.version }),
    () => tell({ type: "storeFailed", version: record.version }),
  );
}

function begin<T>(
  { env }: Hands,
  what: string,
  limitMs: number,
  start: (signal: Parameters<Parameters<typeof within>[3]>[0]) => Promise<T>,
  done: (value: T) => void = nothing,
  failed: (failure: Failure) => void = nothing,
): void {
  // Not awaited: its outcome comes back as an event.
  void within(env.clock, limitMs, what, start).then(done, (thrown: unknown) => {
    const failure = Failure.from(thrown, what);
    env.log.warn(`${what} failed`, { failure: failure.toJson() });
    failed(failure);
  });
}

function nothing(): void {
  // Nobody waits for it.
}
