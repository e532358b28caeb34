/** `sovereign failover arm|disarm|rearm|close-round`: what people tell one agent about itself. */
import type { Command } from "commander";
import type { PersonWish } from "../../core/failover/event.ts";
import { humanDurationMs } from "../../core/kernel/duration.ts";
import type { Context, Run } from "../command.ts";
import { confirmed, giveOrder, type OrderOptions } from "../failover/give-order.ts";
import { untilDone, waitMsOf } from "../failover/outcome.ts";
import { report } from "../failover/send.ts";
import {
  type AgentOptions,
  type PersonOptions,
  settingsOf,
  withAgentOptions,
  withPersonOptions,
} from "../failover/settings.ts";
import { withSigningOptions } from "../failover/signed-text.ts";
import {
  type AskedGroup,
  type AskedRegion,
  askGroup,
  regionNamed,
} from "../failover/two-regions.ts";

type Options = AgentOptions &
  PersonOptions &
  OrderOptions & { readonly region?: string; readonly wait: string; readonly confirm?: string };

/** How long an agent takes an order for; it allows fifteen minutes. */
const validFor = "10m";

/** Adds the orders that move nothing. */
export function addOrderCommands(failover: Command, run: Run): void {
  addArm(failover, run);
  addDisarm(failover, run);
  addRearm(failover, run);
  addCloseRound(failover, run);
}

/** The options of every order. */
export function withOrderOptions(command: Command): Command {
  const whole = withSigningOptions(withPersonOptions(withAgentOptions(command)), validFor);
  return whole.option("-b, --because <reason>", "why; it is signed, and lands in the journal");
}

/** The options of an order that is for both regions unless one is named. */
function withOptionsForBoth(command: Command): Command {
  return withOrderOptions(command)
    .option("-r, --region <cluster>", "only this region; default both")
    .option("--wait <duration>", "how long to wait until it is seen done", "15s");
}

function addArm(failover: Command, run: Run): void {
  withOptionsForBoth(failover.command("arm"))
    .description("Let a region take over by itself again.")
    .addHelpText(
      "after",
      `
Signed by an sre or a sovereignAdmin. A region without a record can not be armed: it is re-armed.

Example:
  $ sovereign failover arm --region hz-hel-rtz-prod --because "disk was replaced" --person ada --key ~/.ssh/id_ed25519`,
    )
    .action((options: Options, command: Command) =>
      run(command, (context) =>
        tellBoth(context, options, {
          name: "arm",
          wish: { kind: "arm" },
          isDone: ({ report: told }) =>
            told?.status.armed === true && told.status.disarmedBecause.length === 0,
        }),
      ),
    );
}

function addDisarm(failover: Command, run: Run): void {
  withOptionsForBoth(failover.command("disarm"))
    .description("Keep a region from taking over by itself.")
    .addHelpText(
      "after",
      `
Signed by an sre or a sovereignAdmin. The region that serves goes on serving. Say why: whoever is woken reads it.

Example:
  $ sovereign failover disarm --because "maintenance of the network in hel until six" --person ada --key ~/.ssh/id_ed25519`,
    )
    .action((options: Options, command: Command) =>
      run(command, (context) =>
        tellBoth(context, options, {
          name: "disarm",
          wish: { kind: "disarm", because: options.because ?? "no reason was given" },
          isDone: ({ report: told }) =>
            told !== null && (!told.status.armed || told.status.disarmedBecause.length > 0),
        }),
      ),
    );
}

type Telling = {
  readonly name: string;
  readonly wish: PersonWish;
  readonly isDone: (region: AskedRegion) => boolean;
};

async function tellBoth(context: Context, options: Options, telling: Telling): Promise<void> {
  const settings = await settingsOf(options);
  const asked = await askGroup(settings, context.signal);
  const to = options.region === undefined ? asked.regions : [regionNamed(asked, options.region)];
  await tell(context, { settings, asked, options, to, telling });
}

async function tell(
  context: Context,
  {
    settings,
    asked,
    options,
    to,
    telling,
  }: {
    readonly settings: Awaited<ReturnType<typeof settingsOf>>;
    readonly asked: AskedGroup;
    readonly options: Options;
    readonly to: readonly AskedRegion[];
    readonly telling: Telling;
  },
): Promise<void> {
  const { name, wish, isDone } = telling;
  const limitMs = waitMsOf(options.wait);
  const command = `sovereign failover ${name}`;
  const delivered = await giveOrder(context, { settings, asked, options, command, wish, to });
  if (delivered === undefined) return;
  const took = delivered.flatMap(({ answer, region }) => (answer.accepted ? [region] : []));
  const after =
    took.length === 0 || limitMs === 0
      ? undefined
      : await untilDone(context, settings, {
          what: name,
          limitMs,
          isDone: (again) => took.every((region) => isDone(regionNamed(again, region))),
        });
  const lines = after === undefined ? [] : [`Seen done after ${humanDurationMs(after.tookMs)}.`];
  report(context, {
    what: `the order ${name}`,
    delivered,
    enough: false,
    after: { data: { seenDone: after !== undefined }, lines },
  });
}

function addRearm(failover: Command, run: Run): void {
  withOrderOptions(failover.command("rearm"))
    .description("Arm a region that lost its record: state that nothing promised is outstanding.")
    .requiredOption("-r, --region <cluster>", "the region")
    .option("--confirm <group>", "type the group's name: what you state can not be checked")
    .option("--wait <duration>", "how long to wait until it is seen done", "15s")
    .addHelpText(
      "after",
      `
Signed by a sovereignAdmin. If this region had promised its peer to stand back, and the peer writes on that promise
without the witness, both would write. Look at the peer first. Without --confirm nothing is done.

Example:
  $ sovereign failover rearm --region hz-hel-rtz-prod --confirm ledger --because "both disks were replaced; fsn holds the lease"`,
    )
    .action((options: Options, command: Command) =>
      run(command, (context) =>
        statedFor(context, options, {
          name: "rearm",
          wish: { kind: "rearm" },
          isDone: ({ report: told }) => told?.status.armed === true,
          lines: (region) => [
            `${region} would be armed without a record of what it promised.`,
            "You state that its peer does not write on a promise of it: look that the witness answers the peer.",
          ],
        }),
      ),
    );
}

function addCloseRound(failover: Command, run: Run): void {
  withOrderOptions(failover.command("close-round"))
    .description(
      "End a round in which a region asked its peer to stand back: state that the peer does not write.",
    )
    .requiredOption("-r, --region <cluster>", "the region that asked")
    .option("--confirm <group>", "type the group's name: what you state can not be checked")
    .option("--wait <duration>", "how long to wait until it is seen done", "15s")
    .addHelpText(
      "after",
      `
Signed by a sovereignAdmin. Needed when the peer is gone for good and can not say that it is free. Without --confirm
nothing is done.

Example:
  $ sovereign failover close-round --region hz-fsn-rtz-prod --confirm ledger --because "hel is powered off"`,
    )
    .action((options: Options, command: Command) =>
      run(command, (context) =>
        statedFor(context, options, {
          name: "close-round",
          wish: { kind: "closeRound" },
          isDone: ({ report: told }) => told?.status.openRound === null,
          lines: (region) => [
            `${region} would no longer wait for its peer's word, and may take over by itself again.`,
            "You state that the peer does not write: if it does, both would.",
          ],
        }),
      ),
    );
}

type Stating = Telling & {
  readonly lines: (region: string) => readonly string[];
};

async function statedFor(context: Context, options: Options, stating: Stating): Promise<void> {
  const settings = await settingsOf(options);
  const asked = await askGroup(settings, context.signal);
  const region = regionNamed(asked, options.region ?? "");
  const { confirm } = options;
  if (options.print !== true) {
    confirmed(context, { asked, confirm, lines: stating.lines(region.region) });
  }
  await tell(context, { settings, asked, options, to: [region], telling: stating });
}
