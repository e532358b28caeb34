/** Real etcd servers on loopback: one, or a cluster of three, each killed and frozen as its owner likes. */
import { connect } from "node:net";
import { join } from "node:path";
import { requireProgram } from "../programs.ts";
import {
  freePort,
  ownLoopback,
  type ServerProcess,
  serverFolder,
  serverProcess,
} from "./server-process.ts";

export type EtcdMember = ServerProcess & {
  /** `http://127.…:port`. */
  readonly endpoint: string;
  /** Where its data lies. */
  readonly folder: string;
  readonly args: readonly string[];
  /** The member that it takes for the leader, and itself, as etcd's ids. */
  status(): Promise<{ readonly memberId: string; readonly leaderId: string }>;
};

export type EtcdOptions = {
  readonly members?: 1 | 3;
  /** Arguments for each member, such as those for TLS. */
  readonly args?: readonly string[];
  readonly scheme?: "http" | "https";
  /** Where all of them listen; default: an address of its own for each. */
  readonly address?: string;
};

/** Starts the members and waits until each answers. Stop every one of them. */
export async function startEtcd(options: EtcdOptions = {}): Promise<readonly EtcdMember[]> {
  const { members = 1, scheme = "http" } = options;
  const places = [];
  for (let number = 1; number <= members; number++) {
    const address = options.address ?? ownLoopback();
    const [client, peer] = [await freePort(address), await freePort(address)];
    const name = `m${number}`;
    places.push({ name, address, client, peer: `http://${address}:${peer}` });
  }
  const cluster = places.map(({ name, peer }) => `${name}=${peer}`).join(",");
  const token = `t${process.pid}-${places[0]?.client}`;
  const started = places.map(({ name, address, client, peer }) => {
    const folder = serverFolder("etcd");
    const endpoint = `${scheme}://${address}:${client}`;
    const args = [
      ["--name", name],
      ["--data-dir", join(folder, "data")],
      ["--listen-client-urls", endpoint],
      ["--advertise-client-urls", endpoint],
      ["--listen-peer-urls", peer],
      ["--initial-advertise-peer-urls", peer],
      ["--initial-cluster", cluster],
      ["--initial-cluster-token", token],
      ["--logger", "zap"],
      ["--log-level", "warn"],
      options.args ?? [],
    ].flat();
    return member({ folder, endpoint, args, address, port: client });
  });
  for (const one of started) one.launch();
  try {
    await Promise.all(started.map((one) => one.ready()));
  } catch (thrown) {
    await Promise.all(started.map((one) => one.stop()));
    throw thrown;
  }
  return started;
}

type Place = {
  readonly folder: string;
  readonly endpoint: string;
  readonly args: readonly string[];
  readonly address: string;
  readonly port: number;
};

function member({ folder, endpoint, args, address, port }: Place): EtcdMember {
  const isPlain = endpoint.startsWith("http:");
  const server = serverProcess({
    name: "etcd",
    setpriv: requireProgram("setpriv", process.env),
    command: requireProgram("etcd", process.env),
    args,
    folder,
    // It listens on its clients' port only once it has joined; over TLS that is all we can see from here.
    isReady: () => (isPlain ? isHealthy(endpoint) : isListening(address, port)),
  });
  return Object.assign(server, {
    endpoint,
    folder,
    args,
    async status() {
      const response = await fetch(`${endpoint}/v3/maintenance/status`, {
        method: "POST",
        body: "{}",
        signal: AbortSignal.timeout(2_000),
      });
      // What etcd 3.4 and later answer; a test that reads anything else fails at once.
      const said = (await response.json()) as { header: { member_id: string }; leader?: string };
      return { memberId: said.header.member_id, leaderId: said.leader ?? "" };
    },
  });
}

/** It answers a quorum read, so there is a leader; one that wants a login first has been asked by somebody who had one. */
async function isHealthy(endpoint: string): Promise<boolean> {
  const response = await fetch(`${endpoint}/v3/kv/range`, {
    method: "POST",
    body: JSON.stringify({ key: "AA==" }),
    signal: AbortSignal.timeout(2_000),
  });
  return response.ok || (await response.text()).includes("user name is empty");
}

function isListening(address: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: address, port, timeout: 1_000 });
    const end = (isThere: boolean): void => {
      socket.destroy();
      resolve(isThere);
    };
    socket.once("connect", () => end(true));
    socket.once("error", () => end(false));
    socket.once("timeout", () => end(false));
  });
}
