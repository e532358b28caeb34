/** Looks at a sandbox again and again and shows it: as the live view on a terminal, as lines with times elsewhere. */
import { relative } from "node:path";
import { systemClock } from "../../adapters/clock.ts";
import { changesBetween } from "../../sandbox/changes.ts";
import type { SandboxLayout } from "../../sandbox/layout.ts";
import type { Observation, Observer } from "../../sandbox/observe.ts";
import { findCommand } from "../../sandbox/programs.ts";
import type { SandboxStatus } from "../../sandbox/protocol.ts";
import { type Io, paint } from "../io.ts";
import { LiveScreen } from "../live-screen.ts";
import { answersLine, renderSandbox, type SandboxFacts } from "../render/sandbox-view.ts";
import { tryNext } from "../render/try-next.ts";

export type Watched = {
  readonly layout: SandboxLayout;
  readonly observer: Observer;
  readonly status: () => Promise<SandboxStatus>;
};

const lookEveryMs = 1_000;
const changesKept = 20;

/** Whether the view may draw: a terminal that is read by a person. */
export function mayDraw(io: Io, plain: boolean): boolean {
  return io.format === "text" && !plain && process.stdout.isTTY && process.env["TERM"] !== "dumb";
}

/** `12:03:11`, local time. */
export function clockTime(atMs: number): string {
  return new Date(atMs).toTimeString().slice(0, 8);
}

export class Watch {
  readonly #io: Io;
  readonly #watched: Watched;
  readonly #screen: LiveScreen | undefined;
  readonly #changes: { readonly time: string; readonly text: string }[] = [];
  #observation: Observation | undefined;

  constructor(io: Io, watched: Watched, plain: boolean) {
    this.#io = io;
    this.#watched = watched;
    this.#screen = mayDraw(io, plain)
      ? new LiveScreen({
          write: (text) => void process.stdout.write(text),
          rows: () => process.stdout.rows,
          columns: () => process.stdout.columns,
        })
      : undefined;
  }

  /** Something that happened: part of the history, and a line of its own where nothing is drawn. */
  note(text: string): void {
    const time = clockTime(Date.now());
    this.#changes.push({ time, text });
    this.#changes.splice(0, this.#changes.length - changesKept);
    if (this.#screen === undefined) this.#io.progress(`${time}  ${text}`);
  }

  /** Shows until the signal; a failing look is shown and tried again. */
  async run(signal: AbortSignal): Promise<void> {
    let first = true;
    while (!signal.aborted) {
      const facts = await this.#look(signal);
      if (signal.aborted) break;
      if (this.#screen !== undefined) {
        const { columns } = process.stdout;
        this.#screen.draw(renderSandbox(facts, { width: columns, colour: this.#io.colour }));
      } else if (first) this.#introduce(facts);
      first = false;
      await systemClock.sleep(lookEveryMs, signal);
    }
    this.#screen?.close();
  }

  async #look(signal: AbortSignal): Promise<SandboxFacts> {
    const status = await this.#watched.status();
    try {
      const observation = await this.#watched.observer.observe(signal);
      for (const text of changesBetween(this.#observation, observation)) this.note(text);
      this.#observation = observation;
    } catch {
      // The documents can not be read at this moment; the last look stays.
    }
    return factsOf(this.#watched.layout, status, this.#observation, this.#changes);
  }

  #introduce(facts: SandboxFacts): void {
    if (facts.observation !== undefined) this.note(`answers: ${answersLine(facts.observation)}`);
    for (const command of tryNext(facts))
      this.#io.progress(`${paint(this.#io, "dim", "  try")}  ${command}`);
  }
}

export function factsOf(
  layout: SandboxLayout,
  status: SandboxStatus,
  observation: Observation | undefined,
  changes: SandboxFacts["changes"],
): SandboxFacts {
  const usual = relative(process.cwd(), layout.state) === ".sovereign";
  const shown = (path: string): string =>
    shellWord(usual ? `.sovereign/${relative(layout.state, path)}` : path);
  return {
    layout,
    status,
    observation,
    changes: [...changes],
    time: clockTime(Date.now()),
    documents: shown(layout.documents),
    kubeconfig: shown(layout.regions[0]?.kube.kubeconfig ?? ""),
    stateOption: usual ? "" : ` --state ${shellWord(layout.state)}`,
    tools: {
      dig: findCommand("dig", process.env),
      curl: findCommand("curl", process.env),
      kubectl: findCommand("kubectl", process.env),
    },
  };
}

/** A path as one word of a shell. */
function shellWord(path: string): string {
  return /^[A-Za-z0-9_./-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;
}
