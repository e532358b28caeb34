/** Before anything starts, every address of the layout is bound once: what is taken is named with its owner. */
import { createSocket } from "node:dgram";
import { readdir, readFile, readlink } from "node:fs/promises";
import { createServer } from "node:net";
import type { DnsEndpoint } from "../control/env.ts";
import { Failure } from "../core/kernel/failure.ts";
import type { RegionLayout, SandboxLayout } from "./layout.ts";
import { blockingRow, parseSocketTable } from "./socket-table.ts";

export type Binding = DnsEndpoint & {
  readonly protocol: "tcp" | "udp";
  /** What listens there, for people. */
  readonly purpose: string;
};

/** Everything that the sandbox listens on. */
export function bindingsOf(layout: SandboxLayout): readonly Binding[] {
  const tcp = (purpose: string, { address, port }: DnsEndpoint): Binding => ({
    address,
    port,
    protocol: "tcp",
    purpose,
  });
  const dns = (purpose: string, endpoint: DnsEndpoint): readonly Binding[] => [
    { ...tcp(purpose, endpoint), protocol: "udp" },
    tcp(purpose, endpoint),
  ];
  return [
    ...layout.resolvers.flatMap((resolver, index) =>
      dns(index === 0 ? "the recursor" : `resolver ${index + 1}`, resolver),
    ),
    tcp("the witness", layout.witness),
    ...layout.regions.flatMap((region) => [
      ...dns(`PowerDNS of ${region.cluster}`, region.nameServer.dns),
      tcp(`the API of PowerDNS of ${region.cluster}`, region.nameServer.api),
      tcp(`the load balancer of ${region.cluster}`, {
        address: region.loadBalancer.ipv4,
        port: region.loadBalancer.port,
      }),
      tcp(`the inner side of the load balancer of ${region.cluster}`, region.inside),
      tcp(`the control process of ${region.cluster}`, region.control),
      tcp(`PostgreSQL of ${region.cluster}`, region.postgres),
      tcp(`the agent of ${region.cluster}`, region.agent.health),
      tcp(`the agent's API of ${region.cluster}`, region.agent.api),
      tcp(`the API server of ${region.cluster}`, region.kube.at),
      ...dns(`the heartbeat of ${region.cluster}`, region.agent.heartbeat),
      ...(layout.network === "proxy" ? waysOf(region, { tcp, dns }) : []),
      ...region.replicas.map((replica, index) =>
        tcp(`replica ${index + 1} of ${region.cluster}`, replica),
      ),
    ]),
  ];
}

type Make = {
  readonly tcp: (purpose: string, at: DnsEndpoint) => Binding;
  readonly dns: (purpose: string, at: DnsEndpoint) => readonly Binding[];
};

/** What proxies listen on. */
function waysOf({ cluster, ways }: RegionLayout, { tcp, dns }: Make): readonly Binding[] {
  return [
    tcp(`the way of ${cluster} to the witness`, ways.witness),
    tcp(`the way of ${cluster} to its peer`, ways.peer),
    tcp(`the way of ${cluster} to its peer's database`, ways.database),
    ...ways.resolvers.flatMap((way, index) =>
      dns(`the way of ${cluster} to resolver ${index + 1}`, way),
    ),
    ...ways.heartbeats.flatMap((way, index) =>
      dns(`the way of resolver ${index + 1} to ${cluster}`, way),
    ),
  ];
}

/** Fails with AddressTaken, naming address, port, protocol and owner, when one of them can not be bound. */
export async function checkAddresses(layout: SandboxLayout): Promise<void> {
  for (const binding of bindingsOf(layout)) {
    const code = await bindError(binding);
    if (code === undefined) continue;
    const at = `${binding.address} port ${binding.port} (${binding.protocol})`;
    if (code === "EADDRNOTAVAIL") throw elsewhere(binding, at);
    if (code !== "EADDRINUSE") {
      throw new Failure("ConfigInvalid", `${at} can not be listened on: ${code}.`, {
        where: binding.purpose,
        remedy:
          "The sandbox needs the loopback addresses 127.0.0.0/8 of Linux; choose others with --base.",
      });
    }
    throw new Failure("AddressTaken", `${at} is in use by ${await ownerOf(binding)}.`, {
      where: binding.purpose,
      remedy: "End that program, or start with other addresses: `npm run up -- --base 127.20`.",
    });
  }
}

/** A route leads there: a sandbox of namespaces has these addresses. */
function elsewhere({ purpose }: Binding, at: string): Failure {
  return new Failure("AddressTaken", `${at} is not on this machine's own loopback device.`, {
    where: purpose,
    remedy:
      "A sandbox with --network namespaces has it: end that one, or start with other addresses: `npm run up -- --base 127.20`.",
  });
}

/** The error code of binding it now, or undefined when that works. */
export function bindError(binding: DnsEndpoint & { readonly protocol: "tcp" | "udp" }) {
  const { address, port, protocol } = binding;
  return new Promise<string | undefined>((resolve) => {
    const refused = (thrown: NodeJS.ErrnoException): void => resolve(thrown.code ?? thrown.message);
    if (protocol === "udp") {
      const socket = createSocket("udp4");
      socket.once("error", refused);
      socket.bind({ address, port, exclusive: true }, () => socket.close(() => resolve(undefined)));
      return;
    }
    const server = createServer();
    server.once("error", refused);
    server.listen({ host: address, port, exclusive: true }, () =>
      server.close(() => resolve(undefined)),
    );
  });
}

/** `nginx, pid 4711`, as far as this user may see it. */
async function ownerOf(binding: Binding): Promise<string> {
  for (const table of [binding.protocol, `${binding.protocol}6`]) {
    const text = await readFile(`/proc/net/${table}`, "utf8").catch(() => ""); // Not there: not Linux.
    const row = blockingRow(parseSocketTable(text), binding);
    if (row === undefined) continue;
    const pid = await pidOfInode(row.inode);
    if (pid === undefined)
      return "a program that this user may not see (run as root to have it named)";
    const name = await readFile(`/proc/${pid}/comm`, "utf8").catch(() => "a program"); // It just ended.
    return `${name.trim()}, pid ${pid}`;
  }
  return "a program that can not be named";
}

async function pidOfInode(inode: string): Promise<string | undefined> {
  const processes = await readdir("/proc").catch(() => []); // Not there: not Linux.
  for (const pid of processes.filter((name) => /^[0-9]+$/.test(name))) {
    const descriptors = await readdir(`/proc/${pid}/fd`).catch(() => []); // Ended, or another user's.
    for (const descriptor of descriptors) {
      const target = await readlink(`/proc/${pid}/fd/${descriptor}`).catch(() => ""); // Closed meanwhile.
      if (target === `socket:[${inode}]`) return pid;
    }
  }
  return undefined;
}
