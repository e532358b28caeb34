/** Services without HTTP on a real pdns_server: a connection is all that is asked for (`ifportup`). */
import { createServer, type Server, type Socket } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parseHealth } from "../../src/core/dns/health.ts";
import { type AddressType, addressTypes } from "../../src/core/dns/idioms.ts";
import { askOne } from "./dns-client-query.ts";
import { type PdnsServer, randomLoopback, startPdnsServer } from "./pdns-server.ts";
import { fqdnOf, type Letter, letters, writeZone, zone, zoneOf } from "./placement-world.ts";

const limitMs = 60_000;
const fsn = "hz-fsn-rtz-prod";
const hel = "hz-hel-rtz-prod";

/** `refuses`: nothing listens. `failing` answers 503, `silent` takes connections and says nothing: both are up. */
type Mode = "up" | "failing" | "silent" | "refuses";
const states: readonly { name: string; modes: string }[] = [
  { name: "all up", modes: "up up up up" },
  { name: "503 and silence", modes: "failing silent failing failing" },
  { name: "one port closed", modes: "refuses up up up" },
  { name: "region closed", modes: "refuses refuses up failing" },
  { name: "all closed", modes: "refuses refuses refuses refuses" },
  { name: "opened again", modes: "up up up up" },
];
const oracle: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  both: {
    "all up": "a1 a2 b1 b2",
    "503 and silence": "a1 a2 b1 b2",
    "one port closed": "a2 b1 b2",
    "region closed": "b1 b2",
    "all closed": "a1 a2 b1 b2",
    "opened again": "a1 a2 b1 b2",
  },
  standby: {
    "all up": "a1 a2",
    "503 and silence": "a1 a2",
    "one port closed": "a2",
    "region closed": "b1 b2",
    "all closed": "a1 a2",
    "opened again": "a1 a2",
  },
  canary: {
    "all up": "a1 a2",
    "503 and silence": "a1 a2",
    "one port closed": "a2",
    "region closed": "b1 b2",
    "all closed": "a1 a2",
    "opened again": "a1 a2",
  },
};
const names = Object.keys(oracle);

/** Listens on an address and port that stay its own, in any mode. */
class TcpBackend {
  readonly address: string;
  #port = 0;
  #server: Server | undefined;
  readonly #sockets = new Set<Socket>();

  constructor(address: string) {
    this.address = address;
  }

  /** Resolves with the port once it listens. */
  async open(port: number, mode: Exclude<Mode, "refuses">): Promise<number> {
    this.close();
    const server = createServer((socket) => {
      this.#sockets.add(socket);
      socket.once("close", () => this.#sockets.delete(socket));
      socket.on("error", () => socket.destroy());
      if (mode === "failing") socket.end("HTTP/1.1 503 Service Unavailable\r\n\r\n");
      if (mode === "up") socket.end("220 ready\r\n");
    });
    this.#server = server;
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen(port, this.address, resolve);
    });
    const bound = server.address();
    if (typeof bound === "object" && bound !== null) this.#port = bound.port;
    return this.#port;
  }

  close(): void {
    for (const socket of this.#sockets) socket.destroy();
    this.#server?.close();
    this.#server = undefined;
  }
}

describe("TCP services on a real name server", () => {
  const network = randomLoopback().split(".").slice(0, 3).join(".");
  const backends = letters.map((_, index) => new TcpBackend(`${network}.${11 + index}`));
  let pdns: PdnsServer;
  let port = 0;

  const address = (type: AddressType, letter: Letter): string => {
    const ipv4 = backends[letters.indexOf(letter)]?.address ?? "";
    return type === "A" ? ipv4 : `::ffff:${ipv4}`;
  };
  const addresses = (type: AddressType, words: string): readonly string[] =>
    letters.filter((one) => words.includes(one)).map((one) => address(type, one));

  beforeAll(async () => {
    for (const backend of backends) port = await backend.open(port, "up");
    pdns = await startPdnsServer([zone]);
    const regions = [fsn, hel].map((cluster, index) => ({
      cluster,
      ipv4: addresses("A", index === 0 ? "a1 a2" : "b1 b2"),
      ipv6: addresses("AAAA", index === 0 ? "a1 a2" : "b1 b2"),
    }));
    const common = { regions: [fsn, hel], healthCheck: { tcp: { port } } };
    const desired = zoneOf(regions, [
      { ...common, name: "both", placement: "active-active" },
      { ...common, name: "standby", placement: "active-hotstandby" },
      {
        ...common,
        name: "canary",
        placement: "weighted-canary",
        weights: { [fsn]: 100, [hel]: 0 },
      },
    ]);
    expect(await writeZone(pdns, desired)).toBe(6);
  });
  afterAll(async () => {
    for (const backend of backends) backend.close();
    await pdns.stop();
  });

  describe.each(states)("$name", ({ name: state, modes }) => {
    beforeAll(async () => {
      for (const [index, mode] of (modes.split(" ") as Mode[]).entries()) {
        if (mode === "refuses") backends[index]?.close();
        else await backends[index]?.open(port, mode);
      }
    });

    test.each(names)("%s answers what the table says, A and AAAA", async (name) => {
      for (const type of addressTypes) {
        const seen = async (): Promise<readonly string[]> => {
          const { data } = await askOne(pdns.dns, { name: fqdnOf(name), type });
          return data;
        };
        // A cold server answers with all, then with whatever was probed first: health is waited for before answers.
        const health = async (): Promise<string> =>
          (await askOne(pdns.dns, { name: `_why.${fqdnOf(name)}`, type: "TXT" })).data.join(" ");
        for (const [index, mode] of (modes.split(" ") as Mode[]).entries()) {
          const letter = letters[index] ?? "a1";
          const word = `${address(type, letter)}=${mode === "refuses" ? "not-up" : "up"}`;
          await expect.poll(health, { timeout: limitMs, interval: 50 }).toContain(word);
        }
        const wanted = addresses(type, oracle[name]?.[state] ?? "");
        await expect.poll(seen, { timeout: limitMs, interval: 50 }).toEqual(wanted);
        for (let sample = 0; sample < 20; sample++) expect(await seen()).toEqual(wanted);
      }
    });

    test("_why says which ports take connections", async () => {
      const wanted = modes.split(" ").map((mode) => (mode === "refuses" ? "not-up" : "up"));
      const seen = async (): Promise<unknown> => {
        const why = await askOne(pdns.dns, { name: `_why.${fqdnOf("both")}`, type: "TXT" });
        const records = why.data.map((data) => ({ name: "", type: "TXT", ttlSeconds: 5, data }));
        const view = parseHealth({ rcode: why.rcode, records });
        return addressTypes.map((type) => letters.map((one) => view[type].get(address(type, one))));
      };
      await expect.poll(seen, { timeout: limitMs, interval: 50 }).toEqual([wanted, wanted]);
    });
  });
});
