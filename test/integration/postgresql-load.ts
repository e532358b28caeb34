/** Clients that write without pause to one server after the other and keep every id that was acknowledged to them. */
import { systemClock } from "../../src/adapters/clock.ts";
import { briefMs, type Side } from "./postgresql-pair.ts";

export type Load = {
  readonly acknowledged: readonly number[];
  /** Ids that a side refused, and did not only take long to answer for. */
  readonly refused: readonly number[];
  /** Ends it, and waits for what is under way. */
  stop(): Promise<void>;
};

const clients = 4;
let nextId = 1_000;

/** Writes to whichever of the sides takes it. */
export function startLoad(sides: readonly Side[]): Load {
  const acknowledged: number[] = [];
  const refused: number[] = [];
  let isOver = false;
  const work = async (): Promise<void> => {
    while (!isOver) {
      for (const side of sides) {
        const id = nextId++;
        const came = await side.write(id, briefMs);
        if (came === "acknowledged") acknowledged.push(id);
        else await systemClock.sleep(20);
        if (came === "refused") refused.push(id);
      }
    }
  };
  const running = Promise.all(Array.from({ length: clients }, work));
  return {
    acknowledged,
    refused,
    async stop() {
      isOver = true;
      await running;
    },
  };
}

/** Ids that were acknowledged and are not there. */
export async function lostOf(load: Load, side: Side): Promise<readonly number[]> {
  const there = new Set(await side.ids());
  return load.acknowledged.filter((id) => !there.has(id));
}
