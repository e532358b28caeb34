/** `sovereign sandbox …`: what the running sandbox is doing, and how to break and restore a region of it. */
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { type Command, Option } from "commander";
import type { JsonObject } from "../../core/kernel/json.ts";
import { sandboxRequest } from "../../sandbox/connection.ts";
import { faultEffects } from "../../sandbox/faults.ts";
import { sandboxLayout } from "../../sandbox/layout.ts";
import { Observer } from "../../sandbox/observe.ts";
import { type Fault, faults, type SandboxStatus } from "../../sandbox/protocol.ts";
import { stateFolder } from "../../sandbox/settings.ts";
import { type Context, group, type Run } from "../command.ts";
import { renderSandbox } from "../render/sandbox-view.ts";
import { factsOf, Watch } from "../sandbox/watch.ts";

type State = { readonly state: string };

const help = `
Examples:
  $ npx sovereign sandbox status --watch
  $ npx sovereign sandbox break hz-fsn-rtz-prod --fault kill
  $ npx sovereign sandbox restore hz-fsn-rtz-prod`;

export function sandboxCommand(run: Run): Command {
  return group("sandbox", "Look at the running sandbox; break and restore a region of it.")
    .addCommand(statusCommand(run))
    .addCommand(breakCommand(run))
    .addCommand(restoreCommand(run))
    .addHelpText("after", help);
}

function withState(command: Command): Command {
  return command.option("--state <folder>", "state folder of the sandbox", ".sovereign");
}

function statusCommand(run: Run): Command {
  return withState(group("status", "Show regions, processes and what the recursor answers now."))
    .option("--watch", "go on showing until Ctrl-C")
    .action((options: State & { readonly watch?: true }, self: Command) =>
      run(self, (context) => status(context, stateFolder(options.state), options.watch === true)),
    );
}

async function status({ io, signal }: Context, state: string, watch: boolean): Promise<void> {
  const ask = (): Promise<SandboxStatus> =>
    sandboxRequest(sandboxLayout(state), { command: "status" }, { timeoutMs: 10_000 });
  const now = await ask();
  const layout = sandboxLayout(state, now.base);
  const cache = `observer-${process.pid}`;
  const observer = new Observer(layout, cache);
  try {
    if (watch) {
      await new Watch(io, { layout, observer, status: ask }, false).run(signal);
      return;
    }
    const observation = await observer.observe(signal);
    const facts = factsOf(layout, now, observation, []);
    const lines = renderSandbox(facts, { width: process.stdout.columns || 100, colour: io.colour });
    io.result(data({ ...now, ...observation }), lines.join("\n"));
  } finally {
    await rm(join(state, "run", cache), { recursive: true, force: true });
  }
}

function breakCommand(run: Run): Command {
  return withState(group("break", "Break a region; it stays broken until it is restored."))
    .argument("<region>", "cluster name of the region, such as hz-fsn-rtz-prod")
    .addOption(
      new Option("--fault <fault>", "what happens to it").choices(faults).makeOptionMandatory(),
    )
    .addHelpText("after", `\nFaults:\n${faultLines().join("\n")}`)
    .action((region: string, options: State & { readonly fault: Fault }, self: Command) =>
      run(self, async ({ io, signal }) => {
        const { fault } = options;
        const result = await sandboxRequest(
          sandboxLayout(stateFolder(options.state)),
          { command: "break", region, fault, hold: "restore" },
          { signal },
        );
        io.result(
          data(result),
          `${region} is broken: ${fault}. Undo it: npx sovereign sandbox restore ${region}`,
        );
      }),
    );
}

function faultLines(): readonly string[] {
  return faults.map((fault) => `  ${fault.padEnd(16)} ${faultEffects[fault].words}`);
}

function restoreCommand(run: Run): Command {
  return withState(group("restore", "Undo what was done to a region; returns when it runs again."))
    .argument("<region>", "cluster name of the region, such as hz-fsn-rtz-prod")
    .action((region: string, options: State, self: Command) =>
      run(self, async ({ io, signal }) => {
        io.progress(`restoring ${region} …`);
        const result = await sandboxRequest(
          sandboxLayout(stateFolder(options.state)),
          { command: "restore", region },
          { signal, timeoutMs: 120_000 },
        );
        io.result(data(result), `${region} runs again.`);
      }),
    );
}

function data(result: object): JsonObject {
  // A status is JSON as it stands: it came over the socket.
  return JSON.parse(JSON.stringify(result)) as JsonObject;
}
