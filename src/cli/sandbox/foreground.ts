/** `sovereign up` in the foreground: this process is the supervisor, and shows what it has. */
import type { JsonObject } from "../../core/kernel/json.ts";
import { programFile } from "../../daemon/program-file.ts";
import { Supervisor, type SupervisorOptions } from "../../sandbox/supervisor.ts";
import type { Context } from "../command.ts";
import { clockTime, mayDraw, Watch } from "./watch.ts";

export type ForegroundOptions = Omit<SupervisorOptions, "cli" | "onEvent"> & {
  readonly plain: boolean;
};

/** Runs until somebody ends it; resolves when nothing of it is left. */
export async function runForeground(
  { io, signal }: Context,
  options: ForegroundOptions,
): Promise<void> {
  const end = endSignals(signal);
  let tell = (text: string): void => {
    const mark = mayDraw(io, options.plain) ? "  ✓ " : `${clockTime(Date.now())}  `;
    io.progress(`${mark}${text}`);
  };
  const supervisor = new Supervisor({
    ...options,
    cli: programFile("sovereign"),
    onEvent: (text) => tell(text),
  });
  try {
    await supervisor.start(end.signal);
    const status = supervisor.status();
    // A status is JSON as it stands: it goes over the socket the same way.
    if (io.format !== "text") io.result(JSON.parse(JSON.stringify(status)) as JsonObject, "");
    const { layout, observer } = supervisor;
    const watch = new Watch(
      io,
      { layout, observer, status: () => Promise.resolve(supervisor.status()) },
      options.plain,
    );
    tell = (text) => watch.note(text);
    await watch.run(AbortSignal.any([end.signal, supervisor.stopped]));
    io.progress("ending all processes …");
  } finally {
    tell = (text) => io.progress(text);
    await supervisor.stop();
    end.release();
  }
  io.progress("The sandbox has ended; no process of it is left.");
}

/**
 * Everything that asks for the end: Ctrl-C, SIGTERM, a closed terminal, the end of npm that started us.
 * Until released, none of them ends this process at once: one Ctrl-C arrives twice, from the terminal and from npm.
 */
function endSignals(signal: AbortSignal) {
  const abort = new AbortController();
  const stop = (): void => abort.abort();
  const names = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
  for (const name of names) process.on(name, stop);
  signal.addEventListener("abort", stop, { once: true });
  const lost = (): void => undefined; // Whoever read our output has gone; the work of ending goes on.
  process.stdout.on("error", lost);
  process.stderr.on("error", lost);
  const parent = process.ppid;
  const watch =
    process.env["npm_lifecycle_event"] === undefined
      ? undefined
      : setInterval(() => {
          if (process.ppid !== parent) stop();
        }, 500);
  return {
    signal: abort.signal,
    release: (): void => {
      clearInterval(watch);
      for (const name of names) process.removeListener(name, stop);
    },
  };
}
