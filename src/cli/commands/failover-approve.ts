/** `sovereign failover approve`: a person's signed word that something may be done, with the loss stated first (DESIGN §7.5, §7.7). */
import { Argument, type Command } from "commander";
import { approvalText, parseApprovalText } from "../../core/failover/approval-text.ts";
import { anyLossBytes } from "../../core/failover/approved.ts";
import type { Loss } from "../../core/failover/loss.ts";
import { defaultRtoWorld } from "../../core/failover/rto-lines.ts";
import { type WhatIf, whatIf } from "../../core/failover/what-if.ts";
import { Failure } from "../../core/kernel/failure.ts";
import type { JsonObject } from "../../core/kernel/json.ts";
import type { Context, Run } from "../command.ts";
import { endsOf, type TwoEnds } from "../failover/active.ts";
import { bytesWords } from "../failover/marks.ts";
import { deliver, report } from "../failover/send.ts";
import {
  type AgentOptions,
  type PersonOptions,
  type Settings,
  settingsOf,
  withAgentOptions,
  withPersonOptions,
} from "../failover/settings.ts";
import {
  broughtBack,
  expiryOf,
  howToSign,
  newNonce,
  personOf,
  type SigningOptions,
  signed,
  textOrFailure,
  withSigningOptions,
} from "../failover/signed-text.ts";
import { type AskedGroup, askGroup } from "../failover/two-regions.ts";

/** Of all approved actions those that an agent counts; the others are orders of one person. */
type CountedAction = "failover" | "takeOverWithoutWitness";

type Options = AgentOptions &
  PersonOptions &
  SigningOptions & { readonly region?: string; readonly maxLossBytes?: string };

/** Adds `approve`. */
export function addApproveCommand(failover: Command, run: Run): void {
  const action = new Argument("[action]", "what is approved")
    .choices(["failover", "takeOverWithoutWitness"])
    .default("failover");
  const command = failover.command("approve").addArgument(action);
  withSigningOptions(withPersonOptions(withAgentOptions(command)), "30m")
    .description("Approve a failover with your SSH key; says first how much would be lost.")
    .option(
      "-r, --region <cluster>",
      "the region that would take over; default the one that does not serve",
    )
    .option(
      "--max-loss-bytes <count|any>",
      "the most bytes that may be lost; needed when anything would be",
    )
    .addHelpText(
      "after",
      `
It counts for one epoch: once somebody took over it is void. People are counted, not approvals. It is sent to both
agents; the one that takes over has to have it. An approval starts nothing in the mode manual: order the take-over too.
Without --max-loss-bytes it covers no loss. An approval of a loss needs the role dataOwner or sovereignAdmin.

Examples:
  $ sovereign failover approve --person ada --key ~/.ssh/id_ed25519
  $ sovereign failover approve failover --max-loss-bytes 40960 --person grace --key ~/.ssh/id_ed25519_sk.pub
  $ sovereign failover approve --print > approval.txt`,
    )
    .action((named: CountedAction, options: Options, self: Command) =>
      run(self, (context) => approve(context, named, options)),
    );
}

async function approve(context: Context, action: CountedAction, options: Options): Promise<void> {
  const { io, signal } = context;
  const settings = await settingsOf(options);
  const asked = await askGroup(settings, signal);
  const brought = await broughtBack(options);
  if (brought !== undefined) checkText(brought.text, action);
  const ends = endsOf(asked, options.region);
  const stated = statement(asked, ends);
  if (brought === undefined) for (const line of stated.lines) io.progress(line);
  const letter =
    brought ?? (await newApproval(context, { action, options, settings, asked, stated }));
  if (letter === undefined) return;
  const letters = asked.regions.map((to) => ({ to, signed: letter }));
  const delivered = await deliver(asked, letters, signal);
  const counts = delivered.some(({ answer }) => answer.accepted)
    ? await counted(asked, settings, action, signal)
    : [];
  report(context, {
    what: `the approval of ${action}`,
    delivered,
    enough: true,
    after: {
      data: { ...stated.data, approved: [...counts] },
      lines: countLines(counts, asked, action),
    },
  });
}

type Stated = {
  readonly foretold: WhatIf;
  readonly loss: Loss;
  /** The loss, in words. */
  readonly words: string;
  readonly epoch: number;
  readonly lines: readonly string[];
  readonly data: JsonObject;
};

/** What would be lost, by the agent that would take over; unknown when it does not answer. */
function statement({ regions, reports }: AskedGroup, { from, to }: TwoEnds): Stated {
  const foretold = whatIf({
    region: from.region,
    peer: to.region,
    report: to.report,
    world: defaultRtoWorld,
  });
  const because = `the agent of ${to.region} does not answer`;
  const loss: Loss = to.report?.people.loss ?? { kind: "something", bytes: null, because };
  const epoch =
    to.report?.people.approvalEpoch ??
    Math.max(0, ...reports.map(({ people }) => people.approvalEpoch));
  const bytes = loss.kind === "nothing" ? 0 : loss.bytes;
  const seconds = foretold.loss?.seconds ?? null;
  const age = seconds === null ? "of unknown age" : `of the last ${seconds.toFixed(1)} s`;
  const words = lossWords(loss, foretold.loss?.bytesAreAtLeast ?? true);
  const line =
    loss.kind === "nothing"
      ? `Nothing would be lost: ${loss.because}.`
      : `Lost would be ${words}, writes ${age}: ${loss.because}.`;
  const names = regions.map(({ region }) => region).join(" and ");
  return {
    foretold,
    loss,
    words,
    epoch,
    lines: [
      `${to.region} takes over from ${from.region} at epoch ${epoch}; ${names} are told.`,
      line,
    ],
    data: {
      region: to.region,
      epoch,
      lossBytes: bytes,
      lossSeconds: loss.kind === "nothing" ? 0 : seconds,
    },
  };
}

type Making = {
  readonly action: CountedAction;
  readonly options: Options;
  readonly settings: Settings;
  readonly asked: AskedGroup;
  readonly stated: Stated;
};

async function newApproval({ io }: Context, { action, options, settings, asked, stated }: Making) {
  const text = textOrFailure(
    approvalText({
      sovereign: asked.sovereign,
      approval: {
        person: personOf(settings),
        group: asked.group,
        action,
        expectedEpoch: stated.epoch,
        maxLossBytes: boundOf(options.maxLossBytes, stated),
        expiresAtMs: expiryOf(options, Date.now()),
        nonce: newNonce(),
      },
    }),
  );
  if (options.print !== true) return signed(text, settings, io);
  io.progress(howToSign(`sovereign failover approve ${action}`));
  io.result({ ...stated.data, texts: [{ text }] }, text);
  return undefined;
}

/** The bound that is signed. Fails with UsageInvalid when it would not cover what would be lost. */
function boundOf(
  given: string | undefined,
  { loss, words }: Pick<Stated, "loss" | "words">,
): number {
  const bound =
    given === "any" ? anyLossBytes : /^[0-9]{1,15}$/.test(given ?? "0") ? Number(given ?? 0) : NaN;
  if (Number.isNaN(bound)) {
    throw new Failure("UsageInvalid", "--max-loss-bytes is a whole number of bytes, or `any`");
  }
  const needed = neededBytes(loss);
  if (bound >= needed) return bound;
  const message = `nothing was signed: ${words} would be lost, and this approval would not cover it`;
  throw new Failure("UsageInvalid", message, {
    remedy: `Add --max-loss-bytes ${needed === anyLossBytes ? "any" : needed} if that is acceptable; \`sovereign failover why\` says what else would help.`,
  });
}

/** Where something is lost it is at least a byte, also when the last renewal knew of none: so only who may accept a loss covers it. */
function neededBytes(loss: Loss): number {
  return loss.kind === "nothing" ? 0 : Math.max(1, loss.bytes ?? anyLossBytes);
}

function lossWords(loss: Loss, bytesAreAtLeast: boolean): string {
  if (loss.kind === "nothing") return "nothing";
  const bytes = bytesWords(loss.bytes);
  if (loss.bytes === null) return bytes;
  return bytesAreAtLeast ? `${bytes} and what came after` : `at most ${bytes}`;
}

function checkText(text: string, action: CountedAction): void {
  const parsed = parseApprovalText(text);
  if (!parsed.ok) throw new Failure("UsageInvalid", `--text is no approval: ${parsed.because}`);
  if (parsed.value.approval.action === action) return;
  const message = `--text approves ${parsed.value.approval.action}, and this command ${action}`;
  throw new Failure("UsageInvalid", message);
}

/** Who approved it by now, as the agents tell. */
async function counted(
  { group }: AskedGroup,
  settings: Settings,
  action: CountedAction,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const again = await askGroup(settings, signal);
  const people = again.reports.flatMap(({ people: { approvals, approvalEpoch } }) =>
    approvals.flatMap((approval) =>
      approval.group === group &&
      approval.action === action &&
      approval.expectedEpoch === approvalEpoch
        ? [approval.person]
        : [],
    ),
  );
  return [...new Set(people)].sort();
}

function countLines(
  people: readonly string[],
  { reports }: AskedGroup,
  action: CountedAction,
): readonly string[] {
  const [first] = reports;
  if (people.length === 0 || first === undefined) return [];
  const { approvals, mode } = first.people.group;
  const semi = mode === "semiAutomatic" && action === "failover";
  const needed = semi
    ? `${approvals.semiAutomatic} for a failover that loses nothing, ${approvals.lossy} for one that does`
    : `${approvals.lossy} are asked for`;
  return [`Approved by ${people.join(", ")}; ${needed}.`];
}
