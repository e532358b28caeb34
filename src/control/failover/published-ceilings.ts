/**
 * The witness as a holder asks it whose commits do not wait for its peer: what it publishes of a service's log is a ceiling, put in at the
 * moment of sending, and a service goes so far once the witness is seen to have it (ADR 48). The agent's function only passes notes on.
 */
import { readNote } from "../../core/failover/note.ts";
import type { JsonObject } from "../../core/kernel/json.ts";
import type { LeaseRequest } from "../../core/lease/request.ts";
import type { Witness } from "../env.ts";
import type { FollowingService } from "./data-service.ts";

type Ceiled = Pick<FollowingService, "name" | "ceiling">;

/** The same witness; a release keeps the final positions, and a tenure whose commits wait its true ones. */
export function publishingCeilings(witness: Witness, services: readonly Ceiled[]): Witness {
  return {
    id: witness.id,
    read: (slot, signal) => witness.read(slot, signal),
    async ask(slot, request, signal) {
      const note = noteWithCeilings(request, services);
      if (note === null) return witness.ask(slot, request, signal);
      const reply = await witness.ask(slot, { ...request, note }, signal);
      // What nobody waited for any more may be of a tenure that is over.
      if (reply.ok && reply.record.holder === request.holder && signal?.aborted !== true) {
        const { positions } = readNote(reply.record);
        for (const { name, ceiling } of services) {
          const published = Object.hasOwn(positions, name) ? positions[name] : undefined;
          if (published !== undefined) ceiling?.allow(published, reply.record.epoch);
        }
      }
      return reply;
    },
  };
}

/** Null where nothing of it is a ceiling. */
function noteWithCeilings(
  { op, note }: Pick<LeaseRequest, "op" | "note">,
  services: readonly Ceiled[],
): JsonObject | null {
  if (op === "release" || note["sync"] !== "degraded") return null;
  const ceilings = services.flatMap(({ name, ceiling }) => {
    const position = ceiling?.next() ?? null;
    return position === null ? [] : [[name, position] as const];
  });
  if (ceilings.length === 0) return null;
  const positions = { ...objectOf(note["positions"]), ...Object.fromEntries(ceilings) };
  return { ...note, positions, ceilings: ceilings.map(([name]) => name).sort() };
}

function objectOf(value: JsonObject[string] | undefined): JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? // Neither a list nor null: it is an object of JSON.
      (value as JsonObject)
    : {};
}
