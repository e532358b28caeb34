/** Whether packets pass between network namespaces on this machine: its kernel or a firewall may say no where the rights say yes. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { createConnection } from "node:net";
import { Failure } from "../core/kernel/failure.ts";
import { machineLink } from "./namespace-plan.ts";
import { type NamespacePrograms, Namespaces } from "./namespaces.ts";
import { programOutput } from "./run-program.ts";

const limitMs = 20_000;
const listening = `const s=require("net").createServer((c)=>c.end("heard"));s.listen(0,process.argv[1],()=>console.log(s.address().port))`;
const asking = `const[h,p]=process.argv.slice(1);require("net").connect(+p,h).on("data",(d)=>process.stdout.write(d))`;

/**
 * Makes a sandbox's namespaces where nobody listens, has one region and this machine heard by the other region, and takes them away again.
 * Fails with ProcessFailed, ProgramMissing, AddressTaken or TimedOut, and the words of what said no.
 */
export async function tryNamespaces(programs: NamespacePrograms): Promise<void> {
  const { base, made } = await makeWhereNobodyIs(programs);
  const address = `${base}.2.1`;
  const [enter = "", ...place] = made.enter("region2");
  const child = spawn(enter, [...place, process.execPath, "-e", listening, address], {
    stdio: ["ignore", "pipe", "ignore"],
  });
  try {
    const signal = AbortSignal.timeout(limitMs);
    const [text] = await once(child.stdout.setEncoding("utf8"), "data", { signal });
    const port = Number(text);
    const [other = "", ...rest] = made.enter("region1");
    const question = [...rest, process.execPath, "-e", asking, address, String(port)];
    const [byRegion, byMachine] = await Promise.all([
      programOutput(other, question, { timeoutMs: limitMs }),
      answerOf(address, port, signal),
    ]);
    if (byRegion !== "heard" || byMachine !== "heard") throw silent(address);
  } catch (thrown) {
    throw thrown instanceof Failure ? thrown : silent(address, thrown);
  } finally {
    child.kill("SIGKILL");
    await made.close();
  }
}

/** Its routes must not lead a running sandbox's packets away, nor another trial's. */
async function makeWhereNobodyIs(
  programs: NamespacePrograms,
): Promise<{ readonly base: string; readonly made: Namespaces }> {
  const tables = ["tcp", "udp"].map((name) => readFile(`/proc/net/${name}`, "utf8"));
  const sockets = (await Promise.all(tables)).join("");
  for (let second = 254; second >= 240; second--) {
    const base = `127.${second}`;
    const hex = second.toString(16).toUpperCase().padStart(2, "0");
    // An address there is eight digits, its last byte first (proc_net_tcp(5)); big-endian machines write it the other way round.
    const isListenedAt = new RegExp(`: (?:[0-9A-F]{4}${hex}7F|7F${hex}[0-9A-F]{4}):`);
    if (existsSync(`/sys/class/net/${machineLink(base)}`) || isListenedAt.test(sockets)) continue;
    try {
      return { base, made: await Namespaces.make(base, programs) };
    } catch (thrown) {
      // Somebody else was there first.
      if (!(thrown instanceof Failure && thrown.message.includes("File exists"))) throw thrown;
    }
  }
  throw new Failure("AddressTaken", "Every range of addresses for a trial is in use.");
}

async function answerOf(host: string, port: number, signal: AbortSignal): Promise<string> {
  const socket = createConnection({ host, port, signal }).setEncoding("utf8");
  try {
    const [text] = await once(socket, "data", { signal });
    return String(text);
  } finally {
    socket.destroy();
  }
}

function silent(address: string, cause?: unknown): Failure {
  return new Failure("TimedOut", `Nothing comes through to ${address} in a namespace.`, {
    field: "--network",
    remedy: "Let this machine's firewall pass what comes by unknown links, or use --network proxy.",
    cause,
  });
}
