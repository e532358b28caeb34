/**
 * How the sandbox's network namespaces are joined (ADR 40): a router in the middle, and a link from it to the place outside of both regions,
 * to each region, and to the machine itself. Pure: what is written to sysctl(8) and to `ip -batch` (ip(8)), in the order in which it is done.
 *
 * The addresses are the same loopback addresses that a sandbox of proxies has. Each namespace has a loopback device of its own, so
 * `127.10.1.80` is another place in each of them, until a route says otherwise; `route_localnet` lets such packets pass between them.
 */

/** `machine` is where the sandbox was started, which is no namespace of ours. */
export const namespaces = ["router", "outside", "region1", "region2"] as const;
export type Namespace = (typeof namespaces)[number];

export type NamespaceStep = {
  readonly in: Namespace | "machine";
  /** Names below `/proc/sys/net/ipv4/`, all of them of the namespace, or of our own link. */
  readonly settings: readonly (readonly [name: string, value: string])[];
  /** Lines for `ip -batch`. */
  readonly commands: readonly string[];
};

/** The third byte of what lies behind each link of the router; the machine has all others, where users ask from. */
const places = { outside: 0, region1: 1, region2: 2 } as const;
const leaves = ["outside", "region1", "region2"] as const;

/** Third byte of the links' own addresses. */
const linkNetwork = 255;

/** The end of the machine's link; there is one sandbox for each `base`. */
export function machineLink(base: string): string {
  return `sovereign${base.split(".")[1] ?? ""}`;
}

/** The router's link to a region, by its number from 1; rules name packets by where they enter. */
export function regionLink(slot: number): Namespace {
  return slot === 1 ? "region1" : "region2";
}

/** Everything, in order; `fileOf` is a path by which `ip` finds a namespace. */
export function namespacePlan(
  base: string,
  fileOf: (namespace: Namespace) => string,
): readonly NamespaceStep[] {
  const machine = machineLink(base);
  return [
    { in: "router", settings: routerSettings, commands: leaves.map((leaf) => pair(leaf, fileOf)) },
    {
      in: "machine",
      settings: [],
      commands: [
        `link add name ${machine} type veth peer name machine netns ${fileOf("router")}`,
        ...machineRoutes(base, machine),
      ],
    },
    // Its link is there only now.
    { in: "machine", settings: [[`conf/${machine}/route_localnet`, "1"]], commands: [] },
    { in: "router", settings: [], commands: routerRoutes(base) },
    ...leaves.map((leaf, index): NamespaceStep => {
      const settings = [["conf/all/route_localnet", "1"]] as const;
      return { in: leaf, settings, commands: leafRoutes(base, places[leaf], index + 1) };
    }),
  ];
}

/** What is lost in one direction only must not count as a wrong way back, so the router looks at no return path. */
const routerSettings = [
  ["ip_forward", "1"],
  ["conf/all/route_localnet", "1"],
  ["conf/all/rp_filter", "0"],
  ["conf/default/rp_filter", "0"],
] as const;

function pair(leaf: Namespace, fileOf: (namespace: Namespace) => string): string {
  return `link add name ${leaf} type veth peer name way netns ${fileOf(leaf)}`;
}

/** Four addresses a link: network, the router's end, the other end, broadcast. */
function linkOf(base: string, index: number) {
  const at = (host: number): string => `${base}.${linkNetwork}.${4 * index + host}`;
  return { network: `${at(0)}/30`, router: at(1), other: at(2) };
}

function routerRoutes(base: string): readonly string[] {
  const links = [...leaves, "machine"] as const;
  return links.flatMap((link) => {
    const index = link === "machine" ? 0 : leaves.indexOf(link) + 1;
    const { router, other } = linkOf(base, index);
    const behind = link === "machine" ? `${base}.0.0/16` : `${base}.${places[link]}.0/24`;
    return [
      `link set dev ${link} up`,
      `address add ${router}/30 dev ${link}`,
      `route add ${behind} via ${other}`,
    ];
  });
}

/** In the table `local`, where the kernel has all of 127.0.0.0/8 for itself: what is longer counts first. */
function machineRoutes(base: string, link: string): readonly string[] {
  const { network, router, other } = linkOf(base, 0);
  return [
    `link set dev ${link} up`,
    `address add ${other}/30 dev ${link}`,
    `route add ${network} dev ${link} scope link src ${other} table local`,
    ...Object.values(places).map(
      (third) =>
        `route add ${base}.${third}.0/24 via ${router} dev ${link} src ${other} table local`,
    ),
  ];
}

function leafRoutes(base: string, third: number, index: number): readonly string[] {
  const { network, router, other } = linkOf(base, index);
  return [
    "link set dev lo up",
    "link set dev way up",
    `address add ${other}/30 dev way`,
    `route add ${network} dev way scope link table local`,
    `route add local ${base}.${third}.0/24 dev lo table local`,
    `route add ${base}.0.0/16 via ${router} dev way src ${base}.${third}.1 table local`,
  ];
}
