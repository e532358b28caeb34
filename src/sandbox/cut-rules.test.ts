import { expect, test } from "vitest";
import { cutRules } from "./cut-rules.ts";
import { type Fault, faults } from "./faults.ts";
import { sandboxClusters, sandboxLayout } from "./layout.ts";

const layout = sandboxLayout("/srv/state", "127.10", "namespaces");
const [first, second] = sandboxClusters;
const rules = (...broken: readonly { cluster: string; fault: Fault }[]) => cutRules(layout, broken);

type Packet = {
  readonly link: string;
  readonly from: string;
  readonly to: string;
  readonly sport?: number;
  readonly dport?: number;
};

/** A packet that the router sees, as ip-rule(8) would match it. */
function isLost(packet: Packet, selectors: readonly string[]): boolean {
  return selectors.some((selector) => {
    const words = selector.split(" ");
    const said = (key: string) => words[words.indexOf(key) + 1] ?? "";
    const within = (address: string, network: string) =>
      network.endsWith("/32")
        ? `${address}/32` === network
        : address.startsWith(network.replace(/0\/24$/, ""));
    return words
      .filter((_, index) => index % 2 === 0)
      .every((key) => {
        if (key === "iif") return said(key) === packet.link;
        if (key === "from") return within(packet.from, said(key));
        if (key === "to") return within(packet.to, said(key));
        return said(key) === String(key === "dport" ? packet.dport : packet.sport);
      });
  });
}

const out = (to: string, dport = 0): Packet => ({
  ...{ link: "region1", from: "127.10.1.1", to, dport },
});
const into = (from: string, link: string, to: string, dport = 0): Packet => ({
  ...{ link, from, to, dport },
});
const witness = "127.10.0.60";
const peersAgent = into("127.10.2.1", "region2", "127.10.1.11", 7201);
const peersProbe = into("127.10.2.1", "region2", "127.10.1.80", 8080);
const user = into("127.10.255.2", "machine", "127.10.1.80", 8080);
const question = into("127.10.0.54", "outside", "127.10.1.53", 5300);
const answer: Packet = {
  ...{ link: "region1", from: "127.10.1.80", to: "127.10.255.2", sport: 8080 },
};
const watching = into("127.10.255.2", "machine", "127.10.1.11", 7200);
const watched: Packet = {
  ...{ link: "region1", from: "127.10.1.11", to: "127.10.255.2", sport: 7200 },
};
const toWitness = out(witness, 7300);
const toPeer = out("127.10.2.11", 7201);
const toPeersData = out("127.10.2.30", 5432);
const heartbeat = (host: number) => into(`127.10.0.${host}`, "outside", "127.10.1.11", 5300);
const othersToWitness: Packet = { ...toWitness, link: "region2", from: "127.10.2.1" };

test.each<[Fault, readonly Packet[], readonly Packet[]]>([
  [
    "witness-cut",
    [toWitness, into(witness, "outside", "127.10.1.1")],
    [toPeer, peersAgent, user, question, heartbeat(53), othersToWitness],
  ],
  ["peer-cut", [toPeer, toPeersData, peersAgent], [toWitness, peersProbe, user, question]],
  ["heartbeat-cut", [heartbeat(54), heartbeat(55)], [heartbeat(53), question, toWitness, user]],
  ["client-cut", [user, answer, question, peersProbe], [toWitness, toPeer, peersAgent, watching]],
  [
    "all-cut",
    [toWitness, toPeer, toPeersData, peersAgent, peersProbe, user, answer, question, heartbeat(53)],
    [watching, watched, othersToWitness],
  ],
  [
    "send-cut",
    [toWitness, toPeer, toPeersData, answer],
    [peersAgent, peersProbe, user, question, watching, watched, othersToWitness],
  ],
])("%s loses what it says and nothing else", (fault, lost, kept) => {
  const selectors = rules({ cluster: first, fault });
  expect(lost.filter((packet) => !isLost(packet, selectors))).toEqual([]);
  expect(kept.filter((packet) => isLost(packet, selectors))).toEqual([]);
});

test.each(faults.filter((fault) => !/cut$/.test(fault)).map((fault) => [fault]))(
  "%s is no matter of the network",
  (fault) => {
    expect(rules({ cluster: first, fault })).toEqual([]);
  },
);

test("what is cut between two regions is the same, whichever of them is broken", () => {
  const one = rules({ cluster: first, fault: "peer-cut" });
  expect(rules({ cluster: second, fault: "peer-cut" })).toEqual(one);
  expect(
    rules({ cluster: first, fault: "peer-cut" }, { cluster: second, fault: "peer-cut" }),
  ).toEqual(one);
});

test("a region that this sandbox does not have loses nothing", () => {
  expect(rules({ cluster: "hz-nbg-rtz-prod", fault: "all-cut" })).toEqual([]);
});
