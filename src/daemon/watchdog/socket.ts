/** The watchdog's socket: who may set a tenure, in which order what is said counts, and what is refused. */
import { createServer, type Server, type Socket } from "node:net";
import {
  longestLineCharacters,
  parseWatchdogRequest,
  type WatchdogAnswer,
  type WatchdogRequest,
} from "../../core/failover/watchdog-lines.ts";
import type { Keeper } from "./keeper.ts";

export type WatchdogSocket = {
  readonly server: Server;
  /** Tells the agent. */
  tell(because: string): void;
};

const connectionLimit = 16;
/** Who does not take its answers is disconnected. */
const unreadLimitBytes = 64 * 1024;

/** A server that is not listening yet; `changed` is called after whatever was set, `config` is the digest that it answers with. */
export function watchdogSocket(
  keeper: Keeper,
  changed: () => void,
  config: string,
): WatchdogSocket {
  let owner: { readonly socket: Socket; readonly claim: number } | undefined;
  let highestClaim = Number.NEGATIVE_INFINITY;

  const answer = (socket: Socket, line: WatchdogAnswer): void => {
    socket.write(`${JSON.stringify(line)}\n`);
    if (socket.writableLength > unreadLimitBytes) socket.destroy();
  };
  const own = (socket: Socket, claim: number): boolean => {
    if (claim < highestClaim) return false;
    if (owner !== undefined && owner.socket !== socket) owner.socket.destroy();
    highestClaim = claim;
    owner = { socket, claim };
    return true;
  };
  /** Does what is asked, or says why not. */
  const obey = (socket: Socket, request: WatchdogRequest): "superseded" | "refused" | "done" => {
    if (request.do === "own" && !own(socket, request.claim)) return "superseded";
    if (request.do !== "set") return "done";
    if (owner?.socket !== socket) return "superseded";
    if (!keeper.set(request.tenure)) return "refused";
    changed();
    return "done";
  };
  const take = (socket: Socket, request: WatchdogRequest): void => {
    const { seq } = request;
    const came = obey(socket, request);
    if (came === "done") {
      answer(socket, { seq, ok: true, tenure: keeper.live(), fence: keeper.report(), config });
    } else {
      answer(socket, { seq, ok: false, because: came });
      socket.end();
    }
  };
  const server = createServer((socket) => {
    // What the agent before this one left in its own connection is there already, and is read first: a shortened tenure counts.
    setImmediate(() => setImmediate(() => listenTo(socket, (request) => take(socket, request))));
  });
  server.maxConnections = connectionLimit;
  return {
    server,
    tell: (because) => {
      if (owner !== undefined && !owner.socket.destroyed)
        answer(owner.socket, { event: "fencing", because });
    },
  };
}

/** Gives every request; ends a connection that says anything else. */
function listenTo(socket: Socket, take: (request: WatchdogRequest) => void): void {
  let rest = "";
  socket.setEncoding("utf8");
  socket.on("error", () => socket.destroy()); // Whoever was there is gone; what it left is guarded.
  socket.on("data", (part: string) => {
    const lines = (rest + part).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) {
      if (socket.destroyed || socket.writableEnded) return;
      const request = parseWatchdogRequest(line);
      if (request === undefined) return void socket.destroy();
      take(request);
    }
    if (rest.length > longestLineCharacters) socket.destroy();
  });
}
