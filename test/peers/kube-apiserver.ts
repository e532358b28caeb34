/**
 * A real kube-apiserver with its etcd for one test file: a temporary folder, free ports on a loopback address of its own,
 * TLS both ways. Nothing is left behind, also after a failure; the kernel ends both when the test's process dies.
 */
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { writeCertificates } from "./certificates.ts";
import type { Programs } from "./programs.ts";

export type KubectlResult = {
  readonly ok: boolean;
  readonly stdout: string;
  readonly stderr: string;
};

export type KubeApiserver = {
  /** Paths of kubeconfigs: an administrator with a client certificate, and somebody without any right. */
  readonly kubeconfig: string;
  readonly stranger: string;
  /** Runs kubectl as an administrator of the server, with `input` as its standard input. */
  readonly kubectl: (args: readonly string[], input?: string) => Promise<KubectlResult>;
  /** Ends both processes and removes the folder. */
  readonly stop: () => Promise<void>;
};

const startLimitMs = 120_000;
const stopLimitMs = 10_000;
const kubectlLimitMs = 60_000;

/** Starts both and waits until the server is ready and has its namespace `default`. */
export async function startKubeApiserver(programs: Programs): Promise<KubeApiserver> {
  const folder = mkdtempSync(join(tmpdir(), "sovereign-peers-"));
  const children: Child[] = [];
  const clean = (): void => {
    for (const { process: child } of children) child.kill("SIGKILL");
    rmSync(folder, { recursive: true, force: true });
  };
  process.once("exit", clean);
  const stop = async (): Promise<void> => {
    // The server first: without its etcd it would only complain.
    for (const child of [...children].reverse()) await end(child.process);
    process.removeListener("exit", clean);
    clean();
  };
  const kubectl = kubectlOf(programs.kubectl, folder);
  try {
    const address = randomLoopback();
    const [client, peer, api] = await freePorts(address);
    writeCertificates(folder, address);
    const url = `https://${address}:${api}`;
    writeFileSync(join(folder, "kubeconfig"), kubeconfig(folder, url, "client"));
    writeFileSync(join(folder, "stranger"), kubeconfig(folder, url, "stranger"));
    mkdirSync(join(folder, "etcd"), { mode: 0o700 });
    const etcdUrl = `http://${address}:${client}`;
    const etcd = etcdArguments(folder, etcdUrl, `http://${address}:${peer}`);
    children.push(start(programs.etcd, etcd, join(folder, "etcd.log")));
    const server = serverArguments(folder, address, api, etcdUrl);
    children.push(start(programs.kubeApiserver, server, join(folder, "kube-apiserver.log")));
    await untilReady(kubectl, children);
    const paths = { kubeconfig: join(folder, "kubeconfig"), stranger: join(folder, "stranger") };
    return { ...paths, kubectl, stop };
  } catch (thrown) {
    await stop();
    throw thrown;
  }
}

function etcdArguments(folder: string, clientUrl: string, peerUrl: string): readonly string[] {
  return [
    "--name=peers",
    `--data-dir=${folder}/etcd`,
    `--listen-client-urls=${clientUrl}`,
    `--advertise-client-urls=${clientUrl}`,
    `--listen-peer-urls=${peerUrl}`,
    `--initial-advertise-peer-urls=${peerUrl}`,
    `--initial-cluster=peers=${peerUrl}`,
  ];
}

function serverArguments(
  folder: string,
  address: string,
  port: number,
  etcdUrl: string,
): readonly string[] {
  return [
    `--etcd-servers=${etcdUrl}`,
    `--bind-address=${address}`,
    `--advertise-address=${address}`,
    `--secure-port=${port}`,
    `--tls-cert-file=${folder}/server.crt`,
    `--tls-private-key-file=${folder}/server.key`,
    `--client-ca-file=${folder}/ca.crt`,
    "--anonymous-auth=false",
    "--authorization-mode=RBAC",
    "--service-account-issuer=https://kubernetes.default.svc",
    `--service-account-key-file=${folder}/tokens.pub`,
    `--service-account-signing-key-file=${folder}/tokens.key`,
    "--service-cluster-ip-range=10.0.0.0/24",
    // Nobody issues service accounts here, and the server is nobody's endpoint.
    "--disable-admission-plugins=ServiceAccount",
    "--endpoint-reconciler-type=none",
  ];
}

function kubeconfig(folder: string, server: string, user: "client" | "stranger"): string {
  return JSON.stringify({
    apiVersion: "v1",
    kind: "Config",
    "current-context": "peers",
    clusters: [{ name: "peers", cluster: { server, "certificate-authority": `${folder}/ca.crt` } }],
    users: [
      {
        name: "admin",
        user: {
          "client-certificate": `${folder}/${user}.crt`,
          "client-key": `${folder}/${user}.key`,
        },
      },
    ],
    contexts: [{ name: "peers", context: { cluster: "peers", user: "admin" } }],
  });
}

function kubectlOf(program: string, folder: string): KubeApiserver["kubectl"] {
  // Its caches and settings are the test's own, not those of whoever runs it.
  const env = { ...process.env, HOME: folder, KUBECONFIG: join(folder, "kubeconfig") };
  return (args, input = "") =>
    new Promise((done) => {
      const child = execFile(
        program,
        args,
        { env, timeout: kubectlLimitMs },
        (error, stdout, stderr) =>
          done({ ok: error === null, stdout, stderr: stderr || (error?.message ?? "") }),
      );
      // kubectl may end before it has read everything; what it then says is its result.
      child.stdin?.on("error", () => undefined);
      child.stdin?.end(input);
    });
}

type Child = { readonly name: string; readonly process: ChildProcess; readonly log: string };

/** A process that the kernel ends with ours (docs/adr/0009-sandbox-children-die-with-their-parent.md). */
function start(program: string, args: readonly string[], log: string): Child {
  const output = openSync(log, "w", 0o600);
  const child = spawn("setpriv", ["--pdeathsig", "KILL", program, ...args], {
    stdio: ["ignore", output, output],
  });
  return { name: program, process: child, log };
}

const isOver = (child: ChildProcess): boolean =>
  child.pid === undefined || child.exitCode !== null || child.signalCode !== null;

async function end(child: ChildProcess): Promise<void> {
  if (isOver(child)) return;
  const ended = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGTERM");
  const limit = setTimeout(() => child.kill("SIGKILL"), stopLimitMs);
  await ended;
  clearTimeout(limit);
}

async function untilReady(
  kubectl: KubeApiserver["kubectl"],
  children: readonly Child[],
): Promise<void> {
  const limitAtMs = Date.now() + startLimitMs;
  for (;;) {
    const ready = await kubectl(["get", "--raw=/readyz"]);
    const settled = ready.ok && (await kubectl(["get", "namespace", "default"])).ok;
    if (settled) return;
    const over = children.find(({ process: child }) => isOver(child));
    if (over !== undefined) throw new Error(`${over.name} ended: ${lastLines(over.log)}`);
    if (Date.now() > limitAtMs) {
      const logs = children.map(({ name, log }) => `${name}: ${lastLines(log)}`).join("\n");
      throw new Error(`kube-apiserver did not become ready: ${ready.stderr}\n${logs}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
}

function lastLines(log: string): string {
  return readFileSync(log, "utf8").trimEnd().split("\n").slice(-15).join("\n");
}

/** A loopback address that hardly anybody else uses. */
function randomLoopback(): string {
  const byte = (): number => 1 + Math.floor(Math.random() * 250);
  return `127.${100 + Math.floor(Math.random() * 100)}.${byte()}.${byte()}`;
}

/** Three different ports that are free on the address at this moment. */
async function freePorts(address: string): Promise<readonly [number, number, number]> {
  const servers = [createServer(), createServer(), createServer()] as const;
  const listen = (server: (typeof servers)[number]): Promise<number> =>
    new Promise((resolve, reject) => {
      server.once("error", reject);
      server.listen(0, address, () => {
        const bound = server.address();
        resolve(typeof bound === "object" && bound !== null ? bound.port : 0);
      });
    });
  try {
    const [first, second, third] = servers;
    return [await listen(first), await listen(second), await listen(third)];
  } finally {
    for (const server of servers) server.close();
  }
}
