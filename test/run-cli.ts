/** The CLI run in this process, as a person runs it without a terminal, with all that it printed. */
import { makeProgram } from "../src/cli/program.ts";

export type Ran = { readonly exitCode: number; readonly out: string; readonly err: string };

/** Runs `sovereign` with these words; usage errors are thrown as commander throws them. */
export async function runCli(...words: readonly string[]): Promise<Ran> {
  let [out, err, exitCode] = ["", "", 0];
  const streams = {
    out: (text: string) => {
      out += text;
    },
    err: (text: string) => {
      err += text;
    },
    terminal: false,
    env: {},
  };
  const setExitCode = (code: number): void => {
    exitCode = code;
  };
  const program = await makeProgram(streams, setExitCode, words);
  await program.parseAsync(["node", "sovereign", ...words]);
  return { exitCode, out, err };
}
