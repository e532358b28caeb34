/** Starts the server behind its gate, and waits until it has read its data and answers. */
import { Failure } from "../../core/kernel/failure.ts";
import { type Context, infoHere } from "./valkey-context.ts";

const lookEveryMs = 25;

/** Does nothing when it runs and answers. Fails with ConfigInvalid, ProcessFailed, or with DataServiceUnreachable and what it said last. */
export async function startGated(context: Context): Promise<void> {
  const { server, clock, limits, name } = context;
  await server.start();
  const endMs = clock.monotonicMs() + limits.startMs;
  for (;;) {
    const failure = await infoHere(context).then(
      ({ isLoading }) => (isLoading ? new Failure("TimedOut", `${name} reads its data`) : null),
      (thrown: unknown) => Failure.from(thrown, name),
    );
    if (failure === null) return;
    if (clock.monotonicMs() > endMs || /WRONGPASS|NOAUTH|NOPERM/.test(failure.message)) {
      throw failure;
    }
    if ((await server.process()) === null && clock.monotonicMs() > endMs - limits.startMs + 1_000) {
      throw new Failure("ProcessFailed", `${name} ended when it was started: read its log`, {
        where: server.stateFolder,
        cause: failure,
      });
    }
    await clock.sleep(lookEveryMs);
  }
}
