/** Waits until what was ordered is seen done, because an agent that took an order has not done it yet. */
import { setTimeout as sleep } from "node:timers/promises";
import { headline } from "../../core/failover/headline.ts";
import { humanDurationMs, parseDurationMs } from "../../core/kernel/duration.ts";
import { Failure } from "../../core/kernel/failure.ts";
import type { Context } from "../command.ts";
import type { Settings } from "./settings.ts";
import { type AskedGroup, askGroup } from "./two-regions.ts";

export type Outcome = { readonly asked: AskedGroup; readonly tookMs: number };

const pollMs = 500;

/** Milliseconds of `--wait`; 0 does not wait. Fails with UsageInvalid. */
export function waitMsOf(text: string): number {
  const ms = parseDurationMs(text);
  if (ms !== undefined) return ms;
  throw new Failure("UsageInvalid", "--wait is a duration such as 60s; 0s does not wait");
}

/** Asks both agents until `isDone`. Fails with TimedOut when that does not come, and with Cancelled. */
export async function untilDone(
  { io, signal }: Context,
  settings: Settings,
  waiting: {
    readonly what: string;
    readonly limitMs: number;
    readonly isDone: (asked: AskedGroup) => boolean;
  },
): Promise<Outcome> {
  const startMs = performance.now();
  let last = "";
  for (;;) {
    const asked = await askGroup(settings, signal);
    const tookMs = performance.now() - startMs;
    if (waiting.isDone(asked)) return { asked, tookMs };
    const { text } = headline(asked.regions);
    if (text !== last) io.progress(text);
    last = text;
    if (tookMs > waiting.limitMs) {
      const message = `the order was taken, and after ${humanDurationMs(tookMs)} ${waiting.what} is not seen yet: ${text}`;
      const remedy = "Run `sovereign failover why`: it says what stands against it.";
      throw new Failure("TimedOut", message, { remedy });
    }
    await sleep(pollMs, undefined, { signal }).catch(() => {
      throw new Failure("Cancelled", "waiting was stopped; the order stands");
    });
  }
}
