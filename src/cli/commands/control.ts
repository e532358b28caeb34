/** `sovereign control`: the control process of one region. */
import { Command } from "commander";
import { readControlConfig } from "../../daemon/config.ts";
import { runControl } from "../../daemon/control.ts";
import type { Run } from "../command.ts";

export function controlCommand(run: Run): Command {
  return new Command("control")
    .description("Run the control plane of one region until it is stopped.")
    .requiredOption("-c, --config <file>", "configuration of this region's control plane (YAML)")
    .option("--observe-only", "read, decide, journal and show, but change nothing", false)
    .addHelpText(
      "after",
      `
It reads the documents, keeps the region's own name servers as they declare, asks every name server of the
Sovereign for its answers, and writes all it does into its journal. Logs go to stderr, one JSON object a line.

Examples:
  $ sovereign control --config control.yaml --observe-only    see what it would do on an existing platform
  $ sovereign control --config control.yaml
  $ curl http://<http.address>:<http.port>/v1/status          what it knows now`,
    )
    .action((options: { config: string; observeOnly: boolean }, command: Command) =>
      run(command, async ({ signal }) => {
        const config = await readControlConfig(options.config);
        await runControl(config, { observeOnly: options.observeOnly }, signal);
      }),
    );
}
