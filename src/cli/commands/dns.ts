/** `sovereign dns plan|apply|why|verify|lint|history`: what the name servers hold and answer, what they should, and why. */
import type { Command } from "commander";
import { systemClock } from "../../adapters/clock.ts";
import { openFileJournal } from "../../adapters/journal/file-journal.ts";
import { applyToServer } from "../../control/dns/apply.ts";
import { noMemory, serverMemory } from "../../control/dns/memory.ts";
import { settledRound } from "../../control/dns/server-round.ts";
import { askServer } from "../../control/dns/verify.ts";
import { explainName } from "../../core/dns/why.ts";
import { Failure } from "../../core/kernel/failure.ts";
import type { JsonObject } from "../../core/kernel/json.ts";
import { commandEnv, type DnsWorld, openDnsWorld } from "../../daemon/dns/world.ts";
import { type Context, group, type Run } from "../command.ts";
import { configHelp, configOption, controlConfigPath } from "../control-config-path.ts";
import { answersData, answersText, failureOfAnswers, type Verified } from "../dns/answers-text.ts";
import { applicationNamed } from "../dns/application-named.ts";
import { gatherEvidence } from "../dns/evidence.ts";
import { failureOfPlans } from "../dns/outcome.ts";
import {
  headText,
  mistakesOf,
  planData,
  planText,
  type ServerPlan,
  staleLines,
} from "../dns/plan-text.ts";
import { vantageOf } from "../dns/vantage.ts";
import { whyData, whyText } from "../dns/why-text.ts";
import { dnsHistoryCommand } from "./dns-history.ts";
import { dnsLintCommand } from "./dns-lint.ts";
import { dnsStatusCommand } from "./dns-status.ts";
import { dnsVerifyCommand } from "./dns-verify.ts";
import { zoneCommands } from "./dns-zone.ts";

type Options = { readonly config?: string; readonly from?: string };

/** The group `sovereign dns`. */
export function dnsCommand(run: Run): Command {
  const dns = group("dns", "Plan, write and explain the records of the Sovereign's zone.");
  dns
    .command("plan")
    .description("Show what would change on this region's name servers and why; changes nothing.")
    .option(configOption, configHelp)
    .addHelpText(
      "after",
      `
Every line is one rrset: + add, ~ change, - remove, with the reason behind it.
Ends with 10 when a needed name belongs to somebody else, with 3 when a document is wrong.

Example:
  $ npx sovereign dns plan --config control.yaml`,
    )
    .action((options: Options, command: Command) =>
      run(command, (context) => plan(context, options)),
    );
  dns
    .command("apply")
    .description("Bring this region's name servers to the plan once, then verify every answer.")
    .option(configOption, configHelp)
    .addHelpText(
      "after",
      `
The control process does the same by itself every few seconds; this is for when it does not run.
What is changed is journalled in the folder of the control process's journal with "-dns-apply" behind it.

Example:
  $ npx sovereign dns apply --config control.yaml`,
    )
    .action((options: Options, command: Command) =>
      run(command, (context) => apply(context, options)),
    );
  dns
    .command("why")
    .description("Explain the answer for a name: document, placement, health, and every server.")
    .argument("<name>", "FQDN, environment/application, or the Application's name")
    .option(configOption, configHelp)
    .option(
      "--from <where>",
      "ask in the name of clients of a subnet, or only the servers of a region",
    )
    .addHelpText(
      "after",
      `
Health is what each name server sees with its own probes. Ends with 11 when an answer is not in the plan, with 6 or
21 when a server does not answer, with 3 when the document of that name is wrong.

Examples:
  $ npx sovereign dns why shop
  $ npx sovereign dns why shop --from 80.81.82.0/24
  $ npx sovereign dns why shop --from hz-hel-rtz-prod
  $ npx sovereign dns why shop.acme-prod.sovereign.test --config control.yaml --output json`,
    )
    .action((name: string, options: Options, command: Command) =>
      run(command, (context) => why(context, name, options)),
    );
  dns.addCommand(dnsVerifyCommand(run));
  dns.addCommand(dnsLintCommand(run));
  dns.addCommand(dnsHistoryCommand(run));
  dns.addCommand(dnsStatusCommand(run));
  for (const zoneCommand of zoneCommands) dns.addCommand(zoneCommand(run));
  return dns;
}

async function plan({ io, signal }: Context, options: Options): Promise<void> {
  const world = await openDnsWorld(controlConfigPath(options.config), signal);
  const { desired, holdRemovals } = world.intent;
  const plans = await Promise.all(
    world.own.map(async ({ id, spec }): Promise<ServerPlan> => {
      io.progress(`reading ${desired.zone} from ${id}`);
      const outcome = await applyToServer(world.ports.nameServer(id, spec), {
        clock: systemClock,
        desired,
        holdRemovals,
        // Nothing was asked for yet: answers with new checks are shown with both their steps.
        warm: new Map(),
        observeOnly: true,
        unconfirmed: [],
        onPlanned: () => Promise.resolve(),
        signal,
      });
      return { server: id, ...outcome };
    }),
  );
  const text = [headText(world, io), ...plans.map((one) => planText(one, io))].join("\n\n");
  io.result({ ...headData(world), servers: plans.map(planData) }, text);
  throwIfAny(failureOfPlans(world, plans));
}

async function apply({ io, signal }: Context, options: Options): Promise<void> {
  const onOwed = ({ message }: Failure): void => io.progress(message);
  const world = await openDnsWorld(controlConfigPath(options.config), signal, { onOwed });
  const { config, intent, own, ports } = world;
  const journal = await openFileJournal({
    folder: `${config.journal}-dns-apply`,
    stream: `dns-apply/${config.cluster}`,
    clock: systemClock,
  });
  try {
    const env = commandEnv(journal);
    const plans: ServerPlan[] = [];
    for (const server of own) {
      io.progress(`writing ${intent.desired.zone} to ${server.id}`);
      const before = serverMemory(noMemory, server);
      const after = await settledRound({ ...world, env }, server, intent, before, signal);
      plans.push({ server: server.id, ...after });
    }
    io.progress(`asking ${intent.servers.length} name server(s)`);
    const verified: readonly Verified[] = await Promise.all(
      intent.servers.map(async (server) => ({
        server: server.id,
        own: server.cluster === config.cluster,
        answers: await askServer(ports.dns, server, intent.desired.applications, signal),
      })),
    );
    const parts = [headText(world, io), ...plans.map((one) => planText(one, io))];
    const text = [...parts, answersText(verified, io)].join("\n\n");
    const servers = plans.map(planData);
    io.result({ ...headData(world), servers, answers: answersData(verified) }, text);
    throwIfAny(failureOfPlans(world, plans) ?? failureOfAnswers(verified));
  } finally {
    await journal.close();
  }
}

async function why({ io, signal }: Context, name: string, options: Options): Promise<void> {
  const opened = await openDnsWorld(controlConfigPath(options.config), signal);
  const { subnet, dns, servers } = vantageOf(opened, options.from);
  const world = { ...opened, ports: { ...opened.ports, dns } };
  const { desired } = world.intent;
  const application = applicationNamed(world.intent, name);
  io.progress(`asking ${servers.length} name server(s)`);
  const evidence = await Promise.all(
    servers.map((server) => gatherEvidence(world, server, application, signal)),
  );
  const explanation = explainName(desired, application, evidence);
  const asked = subnet === undefined ? [] : [`asked in the name of clients in ${subnet}`];
  const text = [...staleLines(world.intent, io), ...asked, whyText(explanation, io)].join("\n");
  const from = subnet ?? options.from ?? null;
  io.result({ ...headData(world), from, ...whyData(explanation) }, text);
  const { silent } = explanation;
  if (silent !== undefined) {
    throw new Failure(silent.code, `${silent.server} does not answer: ${silent.message}`, silent);
  }
  if (!explanation.right) {
    throw new Failure("AnswerWrong", `${explanation.fqdn} is answered otherwise than planned`, {
      remedy: "Look at the line with ✗ above; `npx sovereign dns plan` says what would mend it.",
    });
  }
}

function headData({ intent }: DnsWorld): JsonObject {
  const { zone, ttlSeconds, applications } = intent.desired;
  return {
    revision: intent.revision,
    stale: intent.stale?.toJson() ?? null,
    problems: mistakesOf(intent),
    zone,
    ttlSeconds,
    applications: applications.length,
  };
}

function throwIfAny(failure: Failure | undefined): void {
  if (failure !== undefined) throw failure;
}
