/** `sovereign witness`: run the witness, look at its leases, try it out, and see what it will cost of a quota. */
import { type Command, InvalidArgumentError, Option } from "commander";
import { systemRandom } from "../../adapters/random.ts";
import { verifyWitness } from "../../adapters/witness/verify-witness.ts";
import { parseDurationMs } from "../../core/kernel/duration.ts";
import { Failure } from "../../core/kernel/failure.ts";
import { scratchSlot } from "../../core/lease/protocol.ts";
import { cloudflareFreePlan, forecastQuota } from "../../core/lease/quota.ts";
import { readWitnessConfig } from "../../daemon/witness-config.ts";
import { type HostKind, runWitness } from "../../daemon/witness-serve.ts";
import { type Context, group, type Run } from "../command.ts";
import { type ClientOptions, withClientOptions, withWitness } from "../witness/client.ts";
import {
  forecastText,
  historyText,
  leaseData,
  leaseText,
  noHistoryText,
  verdictText,
} from "../witness/lease-text.ts";

type QuotaOptions = {
  readonly slots: number;
  readonly regions: number;
  readonly renewEvery: number;
  readonly pollEvery: number;
};

/** The group `sovereign witness`. */
export function witnessCommand(run: Run): Command {
  const witness = group("witness", "Grant leases from outside the regions, and look at them.");
  addServe(witness, run);
  addStatus(witness, run);
  addHistory(witness, run);
  addVerify(witness, run);
  addQuota(witness, run);
  return witness;
}

function addServe(witness: Command, run: Run): void {
  witness
    .command("serve")
    .description("Run a witness on this machine until it is stopped.")
    .requiredOption("-c, --config <file>", "configuration of the witness (YAML)")
    .addOption(
      new Option("--host <host>", "what runs it: workerd, or Node where there is no glibc")
        .choices(["workerd", "node"])
        .default("workerd"),
    )
    .addHelpText(
      "after",
      `
Run it outside every region that it decides about: a witness inside one of two regions is none. One folder has one
witness: a second one on the same folder ends with 17. Needs flock, setpriv and prlimit (util-linux). Logs go to
stderr, one JSON object a line. docs/guides/witness.md has the configuration, and how to run it on Cloudflare.

Examples:
  $ sovereign witness serve --config witness.yaml
  $ sovereign witness serve --config witness.yaml --host node`,
    )
    .action((options: { config: string; host: HostKind }, command: Command) =>
      run(command, async ({ signal }) => {
        await runWitness(await readWitnessConfig(options.config), options.host, signal);
      }),
    );
}

function addStatus(witness: Command, run: Run): void {
  const command = witness
    .command("status")
    .description("Show who holds a lease, since which epoch, and for how long.")
    .argument("<slot...>", "slots: names of failover groups, or of the duties of a Sovereign");
  withClientOptions(command)
    .addHelpText(
      "after",
      `
The time left is that of the witness's clock; a holder stops earlier, by its own. An etcd has no clock that decides, so
there it is not known.

Examples:
  $ sovereign witness status acme-prod --url https://witness.example.org --credential reader.json
  $ sovereign witness status acme-prod --documents sre/ --witness quorum --credential etcd.json
  $ sovereign witness status acme-prod duties --output json`,
    )
    .action((slots: readonly string[], options: ClientOptions, self: Command) =>
      run(self, ({ io, signal }) =>
        withWitness(options, signal, async (client) => {
          const views = await Promise.all(slots.map((slot) => client.view(slot, signal)));
          io.result({ leases: views.map(leaseData) }, views.map(leaseText).join("\n"));
        }),
      ),
    );
}

function addHistory(witness: Command, run: Run): void {
  const command = witness
    .command("history")
    .description("Show to whom a lease was granted, newest first.")
    .argument("<slot>", "the slot");
  withClientOptions(command)
    .addHelpText(
      "after",
      `
The witness remembers the last 100 grants of a slot; renewals are no grants. An etcd or a PostgreSQL keeps the newest
record only; the journals of the regions have every grant.

Example:
  $ sovereign witness history acme-prod --url https://witness.example.org --credential reader.json`,
    )
    .action((slot: string, options: ClientOptions, self: Command) =>
      run(self, ({ io, signal }) =>
        withWitness(options, signal, async (client) => {
          const grants = await client.history(slot, signal);
          if (grants === undefined) {
            const view = await client.view(slot, signal);
            io.result(
              { slot, grants: null, lease: leaseData(view) },
              noHistoryText(client.id, view),
            );
            return;
          }
          const data = { slot, grants: grants.map((grant) => ({ ...grant })) };
          io.result(data, historyText(slot, grants));
        }),
      ),
    );
}

function addVerify(witness: Command, run: Run): void {
  const command = witness
    .command("verify")
    .description("Try a witness out in a scratch slot: is it one?");
  withClientOptions(command)
    .addHelpText(
      "after",
      `
Eight ask at once for one revision, three times over; then requests are repeated and replayed. A store that reads and
then writes, or that answers from a cache, fails. Touches only the slot scratch/<holder>/verify of the credential's
holder. Ends with 11 when the witness must not be used.

Examples:
  $ sovereign witness verify --url https://witness.example.org --credential fsn.json
  $ sovereign witness verify --url etcd+https://a.example.org:2379,b.example.org:2379 --credential etcd.json
  $ sovereign witness verify --url postgresql://leases.example.org/leases --credential postgres.json`,
    )
    .action((options: ClientOptions, self: Command) =>
      run(self, (context) => verify(context, options)),
    );
}

async function verify({ io, signal }: Context, options: ClientOptions): Promise<void> {
  await withWitness(options, signal, async (client) => {
    const holder = await client.holder();
    if (holder === null) {
      throw new Failure("UsageInvalid", `the credential for ${client.id} has no holder`, {
        remedy: "Try the witness out with a credential that has a holder.",
      });
    }
    io.progress(`trying ${client.id} out …`);
    const trial = { slot: scratchSlot(holder), holder, random: systemRandom, signal };
    const verdict = await verifyWitness(client, trial);
    const checks = verdict.checks.map((check) => ({ ...check }));
    io.result({ ...verdict, checks }, verdictText(verdict));
    if (verdict.kind === "sound") return;
    const isBusy = verdict.kind === "busy";
    throw new Failure(
      isBusy ? "StepTooEarly" : "AnswerWrong",
      isBusy ? "somebody else tries the witness out" : "the witness could grant a lease twice",
      {
        where: client.id,
        remedy: isBusy ? "Try again in ten seconds." : "Do not use it; see docs/guides/witness.md.",
      },
    );
  });
}

function addQuota(witness: Command, run: Run): void {
  witness
    .command("quota")
    .description("Foretell what leases take of Cloudflare's free plan in a day.")
    .requiredOption("--slots <count>", "failover groups, and one more for the duties", count)
    .option("--regions <count>", "regions that ask for each", count, 2)
    .option("--renew-every <duration>", "how often a holder renews", duration, 10_000)
    .option("--poll-every <duration>", "how often a standby looks", duration, 10_000)
    .addHelpText(
      "after",
      `
Beyond the plan the witness answers nobody until midnight UTC, and every region fences itself. The free plan is for
trials. Ends with 0, whatever it foretells.

Example:
  $ sovereign witness quota --slots 6 --regions 2 --renew-every 10s --poll-every 10s`,
    )
    .action((options: QuotaOptions, self: Command) =>
      run(self, ({ io }) => {
        const { slots, regions, renewEvery, pollEvery } = options;
        const load = { slots, regions, renewEveryMs: renewEvery, pollEveryMs: pollEvery };
        const forecast = forecastQuota(load, cloudflareFreePlan);
        const lines = forecast.lines.map((line) => ({ ...line }));
        io.result({ ...forecast, lines }, forecastText(forecast));
        return Promise.resolve();
      }),
    );
}

function count(text: string): number {
  const value = Number(text);
  if (/^[0-9]{1,6}$/.test(text) && value > 0) return value;
  throw new InvalidArgumentError("It is a whole number from 1 on.");
}

function duration(text: string): number {
  const value = parseDurationMs(text);
  if (value !== undefined && value > 0) return value;
  throw new InvalidArgumentError("It is a duration such as 10s.");
}
