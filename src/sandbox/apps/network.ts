/**
 * The network between the regions, the witness and the resolvers: a proxy for each way. A way that is cut swallows: connections stay open and
 * carry nothing, new ones are accepted and carry nothing, and when it is open again they go on, as after packets that were lost.
 */
import { connect, createServer, type Socket } from "node:net";
import { carryDatagrams } from "./network-datagrams.ts";
import { isNetworkOrder, parseWay, type Way } from "./network-order.ts";

type Connection = { readonly inside: Socket; outside: Socket | undefined };

const connectionsMax = 200;

class OpenWay {
  readonly #way: Way;
  readonly #connections = new Set<Connection>();
  #mode: "open" | "cut" = "open";

  constructor(way: Way) {
    this.#way = way;
    const server = createServer({ pauseOnConnect: true, allowHalfOpen: true }, (socket) =>
      this.#take(socket),
    );
    server.maxConnections = connectionsMax;
    server.listen(way.from.port, way.from.address);
    if (way.datagrams) carryDatagrams(way, () => this.#mode === "cut");
  }

  set mode(mode: "open" | "cut") {
    if (this.#mode === mode) return;
    this.#mode = mode;
    for (const connection of this.#connections) {
      if (mode === "cut") freeze(connection);
      else if (isOver(connection)) this.#end(connection);
      else this.#go(connection);
    }
  }

  #take(inside: Socket): void {
    const connection: Connection = { inside, outside: undefined };
    this.#connections.add(connection);
    inside.on("error", () => this.#end(connection));
    inside.on("close", () => this.#end(connection));
    if (this.#mode === "open") this.#go(connection);
  }

  /** Lets it carry, connecting to the other end at the first time. */
  #go(connection: Connection): void {
    const { inside } = connection;
    if (connection.outside === undefined) {
      const { address, port } = this.#way.to;
      const outside = connect({ host: address, port, allowHalfOpen: true });
      connection.outside = outside;
      outside.setNoDelay(true);
      inside.setNoDelay(true);
      outside.on("error", () => this.#end(connection));
      outside.on("close", () => this.#end(connection));
    }
    inside.pipe(connection.outside);
    connection.outside.pipe(inside);
  }

  #end(connection: Connection): void {
    // Its end is a packet too: on a cut way nobody hears of it before it is open again.
    if (this.#mode === "cut") return;
    this.#connections.delete(connection);
    connection.inside.destroy();
    connection.outside?.destroy();
  }
}

function isOver({ inside, outside }: Connection): boolean {
  return inside.destroyed || outside?.destroyed === true;
}

function freeze({ inside, outside }: Connection): void {
  if (outside === undefined) return;
  inside.unpipe(outside);
  outside.unpipe(inside);
  inside.pause();
  outside.pause();
}

const ways = new Map(
  process.argv.slice(2).map((argument) => {
    const way = parseWay(argument);
    return [way.name, new OpenWay(way)] as const;
  }),
);

process.on("message", (message) => {
  if (!isNetworkOrder(message)) return;
  for (const [name, way] of ways) way.mode = message.cut.includes(name) ? "cut" : "open";
});
process.on("disconnect", () => process.exit(0));
process.once("SIGTERM", () => process.exit(0));
