/** Keeps a person from signing what the other region's own agent contradicts. */
import type { PersonWish } from "../../core/failover/event.ts";
import {
  type Statement,
  statementDoubt,
  statementOf,
} from "../../core/failover/statement-doubt.ts";
import { Failure } from "../../core/kernel/failure.ts";
import { type AskedGroup, otherThan, regionNamed } from "./two-regions.ts";

const remedies: Readonly<Record<Statement, string>> = {
  takeOver: "Wait until that region serves, or until its order has run out; then look again.",
  rearm: "Fence that region first, or let it reach the witness; then look again.",
  closeRound:
    "Fence that region first; a region that writes ends the round by itself when the two hear each other.",
  peerIsFenced:
    "End that agent and its database, or switch its machine off, and keep it off until `status` no longer says KeepPeerOff.",
};

/** Nothing when what an order for this region states of its peer can be true. Fails with StepTooEarly, before anything is signed or sent. */
export function checkStatement(asked: AskedGroup, region: string, wish: PersonWish): void {
  const statement = statementOf(wish);
  if (statement === null) return;
  const doubt = statementDoubt(statement, {
    status: regionNamed(asked, region).report?.status ?? null,
    peer: otherThan(asked, region).report?.status ?? null,
  });
  if (doubt === null) return;
  throw new Failure("StepTooEarly", `what you would state is not true: ${doubt}`, {
    remedy: remedies[statement],
  });
}
