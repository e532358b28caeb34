/** `sovereign failover switchover|failback|take-over`: what moves the right to write from one region to the other. */
import type { Command } from "commander";
import type { PersonWish } from "../../core/failover/event.ts";
import { type MoveKind, movePlan } from "../../core/failover/move-plan.ts";
import { defaultRtoWorld } from "../../core/failover/rto-lines.ts";
import { whatIf } from "../../core/failover/what-if.ts";
import { humanDurationMs } from "../../core/kernel/duration.ts";
import { Failure } from "../../core/kernel/failure.ts";
import type { Context, Run } from "../command.ts";
import { endsOf, type TwoEnds } from "../failover/active.ts";
import { confirmed, giveOrder, type OrderOptions } from "../failover/give-order.ts";
import { untilDone, waitMsOf } from "../failover/outcome.ts";
import { planText } from "../failover/plan-text.ts";
import { report } from "../failover/send.ts";
import {
  type AgentOptions,
  type PersonOptions,
  type Settings,
  settingsOf,
} from "../failover/settings.ts";
import { plain } from "../failover/status-text.ts";
import { type AskedGroup, askGroup, regionNamed } from "../failover/two-regions.ts";
import { whatIfText } from "../failover/what-if-text.ts";
import { withOrderOptions } from "./failover-order.ts";

type MoveOptions = AgentOptions & PersonOptions & OrderOptions & { readonly wait: string };
type TakeOverOptions = MoveOptions & {
  readonly region: string;
  readonly confirm?: string;
  readonly withoutWitness?: boolean;
  readonly peerIsFenced?: boolean;
};

/** Adds the orders that move. */
export function addMoveCommands(failover: Command, run: Run): void {
  addHandOver(failover, run, "switchover");
  addHandOver(failover, run, "failback");
  addTakeOver(failover, run);
}

const handOverWords = {
  switchover: {
    description: "Hand over to the other region on purpose, losing nothing.",
    help: `
Signed by an sre or a sovereignAdmin. The region that serves fences itself, measures how far its data came, and
releases the lease with that; the other one takes it when all of it is there. See the gates first:
\`sovereign failover plan switchover\`. With a gate closed nothing is sent. Ends with 21 when it is not seen in time.

Example:
  $ sovereign failover switchover --because "kernel update in fsn" --person ada --key ~/.ssh/id_ed25519`,
  },
  failback: {
    description:
      "Switch over to the region where the group belongs, when it has been in step for long enough.",
    help: `
A switchover with two gates more: the group's document says \`failback: { policy: approved, to: … }\`, and the standby
has been in step for \`inStepFor\`. Signed by an sre or a sovereignAdmin.

Example:
  $ sovereign failover failback --because "fsn is repaired" --person ada --key ~/.ssh/id_ed25519`,
  },
} as const;

function addHandOver(failover: Command, run: Run, kind: "switchover" | "failback"): void {
  const { description, help } = handOverWords[kind];
  withOrderOptions(failover.command(kind))
    .description(description)
    .option(
      "--wait <duration>",
      "how long to wait until the other region serves; 0s does not",
      "90s",
    )
    .addHelpText("after", help)
    .action((options: MoveOptions, command: Command) =>
      run(command, (context) => handOver(context, options, kind)),
    );
}

async function handOver(
  context: Context,
  options: MoveOptions,
  kind: "switchover" | "failback",
): Promise<void> {
  const settings = await settingsOf(options);
  const asked = await askGroup(settings, context.signal);
  const ends = endsOf(asked, undefined);
  const plan = planOf(kind, ends);
  if (plan.verdict.kind === "refused") {
    context.io.result({ done: false, plan: plain(plan) }, planText(plan, context.io));
    throw new Failure("StepTooEarly", `nothing was sent: ${plan.verdict.because}`, {
      remedy: `Mend what stands against it; \`sovereign failover plan ${kind}\` shows it again.`,
    });
  }
  await move(context, {
    settings,
    asked,
    options,
    name: kind,
    wish: { kind: "switchover" },
    to: ends.from.region,
    server: ends.to.region,
  });
}

function planOf(kind: MoveKind, { from, to }: TwoEnds) {
  return movePlan(kind, {
    from: { cluster: from.region, report: from.report },
    to: { cluster: to.region, report: to.report },
    wallAtMs: Date.now(),
  });
}

type Moving = {
  readonly settings: Settings;
  readonly asked: AskedGroup;
  readonly options: MoveOptions;
  readonly name: string;
  readonly wish: PersonWish;
  /** The region whose agent is told. */
  readonly to: string;
  /** The region that serves when it is done. */
  readonly server: string;
};

async function move(context: Context, moving: Moving): Promise<void> {
  const { settings, asked, options, name, wish, to, server } = moving;
  const limitMs = waitMsOf(options.wait);
  const told = [regionNamed(asked, to)];
  const command = `sovereign failover ${name}`;
  const delivered = await giveOrder(context, { settings, asked, options, command, wish, to: told });
  if (delivered === undefined) return;
  const isTaken = delivered.some(({ answer }) => answer.accepted);
  const after =
    isTaken && limitMs > 0
      ? await untilDone(context, settings, {
          what: `that ${server} serves`,
          limitMs,
          isDone: (again) => regionNamed(again, server).report?.status.isServing === true,
        })
      : undefined;
  report(context, {
    what: `the order ${name}`,
    delivered,
    enough: false,
    after: {
      data: { serving: after === undefined ? null : server },
      lines:
        after === undefined ? [] : [`${server} serves, after ${humanDurationMs(after.tookMs)}.`],
    },
  });
}

function addTakeOver(failover: Command, run: Run): void {
  withOrderOptions(failover.command("take-over"))
    .description("Order a region to take over from a lost one, when it does not by itself.")
    .requiredOption("-r, --region <cluster>", "the region that shall serve")
    .option(
      "--without-witness",
      "the witness is gone too; needs approvals of takeOverWithoutWitness",
    )
    .option(
      "--peer-is-fenced",
      "you state that the other region can not write: powered off, or cut off from its data",
    )
    .option("--confirm <group>", "type the group's name: a failover can lose writes")
    .option("--wait <duration>", "how long to wait until the region serves; 0s does not", "120s")
    .addHelpText(
      "after",
      `
Signed by a sovereignAdmin. Says first what would be lost. Losses, and taking over without the witness, need approvals
of different people before: \`sovereign failover approve\`. Without --confirm nothing is done.
With --without-witness and --peer-is-fenced your word is the fence: if the other region writes, both do.

Examples:
  $ sovereign failover take-over --region hz-hel-rtz-prod --because "fsn burns" --confirm ledger
  $ sovereign failover take-over --region hz-hel-rtz-prod --without-witness --peer-is-fenced --because "fsn's power is cut" --confirm ledger`,
    )
    .action((options: TakeOverOptions, command: Command) =>
      run(command, (context) => takeOver(context, options)),
    );
}

async function takeOver(context: Context, options: TakeOverOptions): Promise<void> {
  const { io, signal } = context;
  const settings = await settingsOf(options);
  const asked = await askGroup(settings, signal);
  const ends = endsOf(asked, options.region);
  const withoutWitness = options.withoutWitness === true;
  const peerIsFenced = options.peerIsFenced === true;
  const { from, to } = ends;
  const foretold = whatIf({
    region: from.region,
    peer: to.region,
    report: to.report,
    world: defaultRtoWorld,
  });
  const lines = [
    `${to.region} would take over from ${from.region}${withoutWitness ? " without the witness" : ""}.`,
    ...(peerIsFenced ? [`You state that ${from.region} can not write: if it does, both do.`] : []),
    whatIfText(foretold, io),
  ];
  if (options.print !== true) confirmed(context, { asked, confirm: options.confirm, lines });
  for (const line of lines.slice(0, -1)) io.progress(line);
  await move(context, {
    settings,
    asked,
    options,
    name: "take-over",
    wish: { kind: "takeOver", withoutWitness, peerIsFenced },
    to: to.region,
    server: to.region,
  });
}
