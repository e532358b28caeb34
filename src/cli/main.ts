/** Entry of the `sovereign` command. */
import { CommanderError } from "commander";
import { codes } from "../core/kernel/codes.ts";
import { processStreams } from "./io.ts";
import { makeProgram } from "./program.ts";

const program = makeProgram(processStreams, (code) => {
  process.exitCode = code;
});
try {
  await program.parseAsync();
} catch (thrown) {
  if (!(thrown instanceof CommanderError)) throw thrown;
  // Commander ends with 1 on a usage error and 0 after --help; ours is the code of the table.
  process.exitCode = thrown.exitCode === 0 ? 0 : codes.UsageInvalid.exitCode;
}
