/** `sovereign failover status|why|what-if|plan|history|alerts`: what asks and changes nothing. */
import { Argument, type Command, InvalidArgumentError } from "commander";
import { stringify } from "yaml";
import { type MoveKind, movePlan } from "../../core/failover/move-plan.ts";
import { rpoRules } from "../../core/failover/rpo-rules.ts";
import { defaultRtoWorld, type RtoWorld } from "../../core/failover/rto-lines.ts";
import { whatIf } from "../../core/failover/what-if.ts";
import { parseDurationMs } from "../../core/kernel/duration.ts";
import { Failure } from "../../core/kernel/failure.ts";
import type { Run } from "../command.ts";
import { activeRegion, endsOf } from "../failover/active.ts";
import {
  historyOf,
  historyText,
  notesOfJournal,
  notesOfReports,
} from "../failover/history-text.ts";
import { planText } from "../failover/plan-text.ts";
import { type AgentOptions, settingsOf, withAgentOptions } from "../failover/settings.ts";
import { plain, statusData, statusText } from "../failover/status-text.ts";
import { askGroup, otherThan, regionNamed } from "../failover/two-regions.ts";
import { whatIfText } from "../failover/what-if-text.ts";
import { whyData, whyText } from "../failover/why-text.ts";

type RegionOption = { readonly region?: string };
type WorldOptions = {
  readonly probeEvery: number;
  readonly recordTtl: number;
  readonly promote: number;
};

/** Adds the commands that only look. */
export function addLookCommands(failover: Command, run: Run): void {
  addStatus(failover, run);
  addWhy(failover, run);
  addWhatIf(failover, run);
  addPlan(failover, run);
  addHistory(failover, run);
  addAlerts(failover, run);
}

function addStatus(failover: Command, run: Run): void {
  withAgentOptions(failover.command("status"))
    .description("Show both regions side by side: who serves, since when, and what needs a person.")
    .addHelpText(
      "after",
      `
Each agent is asked directly; one that does not answer never hides the other. Begin here at three in the morning:
docs/guides/failover.md says what each line means and what to type next.
Ends with 33 when no agent answers.

Examples:
  $ sovereign failover status
  $ sovereign failover status --agent hz-fsn-rtz-prod=https://10.1.0.11:7201 --agent hz-hel-rtz-prod=https://10.2.0.11:7201 --ca ca.pem
  $ sovereign failover status --output json | jq .headline`,
    )
    .action((options: AgentOptions, command: Command) =>
      run(command, async ({ io, signal }) => {
        const asked = await askGroup(await settingsOf(options), signal);
        io.result(statusData(asked), statusText(asked, io));
      }),
    );
}

function addWhy(failover: Command, run: Run): void {
  withAgentOptions(failover.command("why"))
    .description(
      "Show what a region judges now, rule by rule: failed first, and what would change it.",
    )
    .option("-r, --region <cluster>", "only this region; default both")
    .addHelpText(
      "after",
      `
The judgement is the agent's own, with the evidence that it has at this moment. An arrow says what would change a rule.

Examples:
  $ sovereign failover why
  $ sovereign failover why --region hz-hel-rtz-prod --output json | jq '.regions[].rules[] | select(.outcome == "failed")'`,
    )
    .action((options: AgentOptions & RegionOption, command: Command) =>
      run(command, async ({ io, signal }) => {
        const asked = await askGroup(await settingsOf(options), signal);
        const regions =
          options.region === undefined ? asked.regions : [regionNamed(asked, options.region)];
        const text = regions.map((one) => whyText(one, io)).join("\n\n");
        io.result({ group: asked.group, regions: regions.map(whyData) }, text);
      }),
    );
}

function withWorldOptions(command: Command): Command {
  const { probeEveryMs, recordTtlMs, promoteMs } = defaultRtoWorld;
  return command
    .option("--probe-every <duration>", "how often name servers probe", duration, probeEveryMs)
    .option("--record-ttl <duration>", "TTL of the records", duration, recordTtlMs)
    .option("--promote <duration>", "how long one service takes to promote", duration, promoteMs);
}

function worldOf({ probeEvery, recordTtl, promote }: WorldOptions): RtoWorld {
  return {
    ...defaultRtoWorld,
    probeEveryMs: probeEvery,
    recordTtlMs: recordTtl,
    promoteMs: promote,
  };
}

function addWhatIf(failover: Command, run: Run): void {
  withWorldOptions(withAgentOptions(failover.command("what-if")))
    .description(
      "Foretell what happens if a region dies now: who takes over, after how long, what is lost.",
    )
    .option("-r, --region <cluster>", "the region that dies; default the one that serves")
    .addHelpText(
      "after",
      `
Nothing is done. Rules are the standby's own judgement; times are the arithmetic of the lease, line by line. A drill
measures the same: compare the two.

Examples:
  $ sovereign failover what-if
  $ sovereign failover what-if --region hz-fsn-rtz-prod --promote 8s`,
    )
    .action((options: AgentOptions & RegionOption & WorldOptions, command: Command) =>
      run(command, async ({ io, signal }) => {
        const asked = await askGroup(await settingsOf(options), signal);
        const dying = options.region ?? activeRegion(asked)?.region;
        if (dying === undefined) {
          throw new Failure(
            "StepTooEarly",
            `nobody serves ${asked.group}: there is nothing to lose`,
            {
              remedy: "Name a region with --region, or look with `sovereign failover status`.",
            },
          );
        }
        const { region } = regionNamed(asked, dying);
        const other = otherThan(asked, region);
        const world = worldOf(options);
        const prediction = whatIf({ region, peer: other.region, report: other.report, world });
        io.result(plain(prediction), whatIfText(prediction, io));
      }),
    );
}

function addPlan(failover: Command, run: Run): void {
  const move = new Argument("<move>", "what to plan").choices([
    "switchover",
    "failback",
    "failover",
  ]);
  withWorldOptions(withAgentOptions(failover.command("plan").addArgument(move)))
    .description(
      "Show the steps of a switchover, failback or failover, and whether each gate is open.",
    )
    .option("-r, --region <cluster>", "the region that shall serve; default the one that does not")
    .addHelpText(
      "after",
      `
Nothing is done. The gates are those that count when it is done. A failover is by the standby's own judgement.

Examples:
  $ sovereign failover plan switchover
  $ sovereign failover plan failover --region hz-hel-rtz-prod`,
    )
    .action(
      (kind: MoveKind, options: AgentOptions & RegionOption & WorldOptions, command: Command) =>
        run(command, async ({ io, signal }) => {
          const asked = await askGroup(await settingsOf(options), signal);
          const { from, to } = endsOf(asked, options.region);
          const ends = {
            from: { cluster: from.region, report: from.report },
            to: { cluster: to.region, report: to.report },
          };
          const plan = movePlan(kind, { ...ends, wallAtMs: Date.now() }, worldOf(options));
          io.result(plain(plan), planText(plan, io));
        }),
    );
}

type HistoryOptions = AgentOptions & {
  readonly journal?: readonly string[];
  readonly lines: number;
};

function addHistory(failover: Command, run: Run): void {
  withAgentOptions(failover.command("history"))
    .description("Show who served when, and what happened in between.")
    .option(
      "-j, --journal <cluster=folder...>",
      "journal folders of agents; default the last 50 events that each agent tells",
    )
    .option("-n, --lines <count>", "how many of the last events to show", lineCount, 20)
    .addHelpText(
      "after",
      `
With --journal no agent is asked, so it works on copies, and when everything is down.

Examples:
  $ sovereign failover history
  $ sovereign failover history --journal hz-fsn-rtz-prod=fsn/journal --journal hz-hel-rtz-prod=hel/journal --lines 200`,
    )
    .action((options: HistoryOptions, command: Command) =>
      run(command, async ({ io, signal }) => {
        const notes =
          options.journal === undefined
            ? notesOfReports(await askGroup(await settingsOf(options), signal))
            : (await Promise.all(options.journal.map(notesNamed))).flat();
        const history = historyOf(notes, options.lines);
        io.result(plain(history), historyText(history, io));
      }),
    );
}

function notesNamed(text: string): ReturnType<typeof notesOfJournal> {
  const [, region, folder] = /^([a-z0-9-]{1,63})=(.+)$/s.exec(text) ?? [];
  if (region !== undefined && folder !== undefined) return notesOfJournal(region, folder);
  throw new Failure("UsageInvalid", "--journal is <cluster>=<folder>", {
    where: text.slice(0, 200),
  });
}

function addAlerts(failover: Command, run: Run): void {
  failover
    .command("alerts")
    .description("Print alerting rules for Prometheus: what a failover would lose, and readiness.")
    .addHelpText(
      "after",
      `
One file fits every group: agents publish what they measure and what is allowed (the group's objectives, else those of
the handbook's table: 5 s, 60 s or 15 min by kind of service). Asks nobody.

Example:
  $ sovereign failover alerts > failover.rules.yaml && promtool check rules failover.rules.yaml`,
    )
    .action((_options: unknown, command: Command) =>
      run(command, ({ io }) => {
        const rules = rpoRules();
        io.result(plain(rules), stringify(rules, { lineWidth: 0 }));
        return Promise.resolve();
      }),
    );
}

function duration(text: string): number {
  const value = parseDurationMs(text);
  if (value !== undefined && value > 0) return value;
  throw new InvalidArgumentError("It is a duration such as 5s.");
}

function lineCount(text: string): number {
  const count = Number(text);
  if (/^[0-9]{1,6}$/.test(text)) return count;
  throw new InvalidArgumentError("It is a whole number from 0 on.");
}
