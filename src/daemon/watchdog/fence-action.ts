/** Fencing as the watchdog does it: fixed programs, never a shell, each with a limit, until one of them shows that it is done. */
import { spawn } from "node:child_process";

export type FenceStep = {
  /** The program by its absolute path, and its arguments. */
  readonly argv: readonly string[];
  /** It is killed after that. */
  readonly limitMs: number;
};

export type FenceConfig = {
  /** In order, each only when it is not confirmed before: `pg_ctl stop -m fast`, then `-m immediate`. */
  readonly steps: readonly FenceStep[];
  /** Ends with one of these codes when nothing takes writes any more: `pg_ctl status` and 3. Asked first, and after each step. */
  readonly confirm: FenceStep & { readonly exitCodes: readonly number[] };
};

/** Resolves when no service of the region takes writes any more, and that was seen; rejects otherwise, and is asked again. */
export type FenceAction = () => Promise<void>;

/** The action of a configuration. */
export function programFence({ steps, confirm }: FenceConfig): FenceAction {
  const isFenced = async (): Promise<boolean> => {
    return (await askConfirm({ confirm })) === true;
  };
  return async () => {
    if (await isFenced()) return;
    const told: string[] = [];
    for (const step of steps) {
      told.push(`${step.argv.join(" ")}: ${await runProgram(step)}`);
      if (await isFenced()) return;
    }
    throw new Error(`not confirmed after ${told.join("; ")}`);
  };
}

/** What the confirming program says now: whether nothing takes writes any more, or how it failed to say. */
export async function askConfirm({
  confirm,
}: Pick<FenceConfig, "confirm">): Promise<boolean | string> {
  const code = await runProgram(confirm);
  return typeof code === "number" ? confirm.exitCodes.includes(code) : code;
}

/** Its exit code, or what happened instead; never later than its limit, whatever the program does. */
function runProgram({ argv, limitMs }: FenceStep): Promise<number | string> {
  return new Promise((resolve) => {
    const [program = "", ...rest] = argv;
    const child = spawn(program, rest, { stdio: "ignore", cwd: "/" });
    const limit = setTimeout(() => {
      child.kill("SIGKILL");
      resolve(`killed after ${limitMs} ms`);
    }, limitMs);
    child.once("error", (error) => {
      clearTimeout(limit);
      resolve(error.message);
    });
    child.once("exit", (code, signal) => {
      clearTimeout(limit);
      resolve(code ?? `ended by ${signal}`);
    });
  });
}
