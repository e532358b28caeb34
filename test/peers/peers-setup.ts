/** Before the tests of peers: finds or builds the programs, where what it says is seen at once. */
import { findPrograms } from "./programs.ts";

/** Called by vitest once; a failure ends the run. */
export async function setup(): Promise<void> {
  // Who names a server of his own needs none of them, as long as he runs the suite that is held against it.
  if (process.env["KUBECONFIG_UNDER_TEST"] !== undefined) return;
  const tell = (line: string): void => void process.stderr.write(`${line}\n`);
  const programs = await findPrograms(process.env, tell);
  for (const [name, path] of Object.entries(programs)) tell(`${name}: ${path}`);
}
