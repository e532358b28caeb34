/** `sovereign agent`: the region agent of one failover group. */
import { Command } from "commander";
import { readAgentConfig } from "../../daemon/agent/config.ts";
import { runAgent } from "../../daemon/agent/run-agent.ts";
import type { Run } from "../command.ts";

export function agentCommand(run: Run): Command {
  return new Command("agent")
    .description("Run the region agent of one failover group until it is stopped.")
    .requiredOption("-c, --config <file>", "configuration of this region's agent (YAML)")
    .option("--observe-only", "read, decide, journal and show, but change nothing", false)
    .addHelpText(
      "after",
      `
It holds the group's lease at the witness or waits for it, promotes and fences this region's data, and answers the health
path by which name servers follow it. A watchdog beside it fences when it does not; it is started when it is not there, and
stays when the agent is stopped or restarted. It needs no database, no peer and no control plane. Logs go to stderr, one
JSON object a line.

Examples:
  $ sovereign agent --config agent.yaml --observe-only    see what it would do; give it a state folder of its own for that
  $ sovereign agent --config agent.yaml
  $ curl http://<health.address>:<health.port>/v1/status  what it knows now
  $ curl http://<health.address>:<health.port>/.well-known/failover/<group>/<application>`,
    )
    .action((options: { config: string; observeOnly: boolean }, command: Command) =>
      run(command, async ({ signal }) => {
        const config = await readAgentConfig(options.config);
        await runAgent(config, { observeOnly: options.observeOnly }, signal);
      }),
    );
}
