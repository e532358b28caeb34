/** Entry of the `sovereign` command. */
import { CommanderError } from "commander";
import { codes } from "../core/kernel/codes.ts";
import { processStreams } from "./io.ts";
import { endInAnyCase } from "./last-resort.ts";
import { makeProgram, outputFormat } from "./program.ts";

const setExitCode = (code: number): void => {
  process.exitCode = code;
};
const program = await makeProgram(processStreams, setExitCode, process.argv.slice(2));
const commandIsOver = endInAnyCase(() => outputFormat(program));
try {
  await program.parseAsync();
} catch (thrown) {
  if (!(thrown instanceof CommanderError)) throw thrown;
  // Commander ends with 1 on a usage error and 0 after --help; ours is the code of the table.
  process.exitCode = thrown.exitCode === 0 ? 0 : codes.UsageInvalid.exitCode;
}
commandIsOver();
