/** Keeps what is here beside the data, before a copy of the peer's takes its place: a snapshot that a server can be started with. */
import type { Signal } from "../../control/env.ts";
import { Failure } from "../../core/kernel/failure.ts";
import { type Ask, readInfo } from "./valkey-connection.ts";
import { type Context, here, infoHere } from "./valkey-context.ts";

const lookEveryMs = 50;

/**
 * Resolves when a snapshot of all that is here was kept, also earlier: its name says what is in it. Fails with FollowFailed or Cancelled, and
 * then nothing was given up.
 */
export async function keepCopy(context: Context, name: string, signal: Signal): Promise<void> {
  const { server, clock, limits } = context;
  if (await server.hasKept(name)) return;
  const endMs = clock.monotonicMs() + limits.copyMs;
  await untilIdle(context, endMs, signal);
  const file = await here(context, async (ask) => {
    const setting = await settingOf(ask, "dbfilename");
    await ask("BGSAVE");
    return setting;
  });
  await untilIdle(context, endMs, signal);
  const { isLastSaveGood } = await infoHere(context);
  if (!isLastSaveGood) throw failed(context, "its snapshot could not be written: read its log");
  await server.keep(file, name).catch((cause: unknown) => {
    throw failed(context, `the snapshot ${file} could not be kept`, cause);
  });
}

/** The value of one setting of the running server. */
export async function settingOf(ask: Ask, name: string): Promise<string> {
  const answer = await ask("CONFIG", "GET", name);
  const value: unknown = Array.isArray(answer) ? answer[1] : undefined;
  return typeof value === "string" ? value : "";
}

async function untilIdle(context: Context, endMs: number, signal: Signal): Promise<void> {
  const { clock } = context;
  for (;;) {
    if (signal.aborted) throw new Failure("Cancelled", `${context.name} stopped following`);
    if (!(await here(context, async (ask) => (await readInfo(ask)).isSaving))) return;
    if (clock.monotonicMs() > endMs) throw failed(context, "its snapshot takes too long");
    await clock.sleep(lookEveryMs, signal);
  }
}

function failed({ name, server }: Context, because: string, cause?: unknown): Failure {
  return new Failure("FollowFailed", `${name} does not follow: ${because}`, {
    where: server.dataFolder,
    cause,
  });
}
