/**
 * An HTTP proxy in front of a PowerDNS API that does to requests what networks, load balancers and overloaded servers do:
 * refuse, fail before or after the work is done, delay, and deliver a request when its sender has long given up.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { chance, type Random } from "../../src/core/kernel/random.ts";
import { randomLoopback } from "./pdns-server.ts";

/** `late`: requests are held until their sender gives up; half of the writes arrive after that all the same. */
export type Weather = "calm" | "unreachable" | "failsBefore" | "failsAfter" | "slow" | "late";

export type ApiProxy = {
  readonly url: string;
  setWeather: (weather: Weather) => Promise<void>;
  /** Requests that met the present weather and suffered from it. */
  readonly harmed: () => number;
  /** Names in writes that arrived after their sender gave up. */
  readonly lateNames: ReadonlySet<string>;
  /** Resolves when no request is held or under way any more. */
  readonly settled: () => Promise<void>;
  readonly stop: () => Promise<void>;
};

const slowMsMax = 150;
const lateMsMax = 300;
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

type Asked = {
  readonly method: string;
  readonly url: string;
  readonly key: string;
  readonly body: string;
};

/** Listens on a loopback address of its own; what happens to a request is drawn from `random`. */
export async function startApiProxy(target: string, random: Random): Promise<ApiProxy> {
  const address = randomLoopback();
  const lateNames = new Set<string>();
  let weather: Weather = "calm";
  let harmed = 0;
  const open = new Set<Promise<void>>();
  const forward = (asked: Asked): Promise<{ readonly status: number; readonly text: string }> =>
    fetch(`${target}${asked.url}`, {
      method: asked.method,
      headers: { "X-API-Key": asked.key, "Content-Type": "application/json" },
      ...(asked.body === "" ? {} : { body: asked.body }),
    }).then(async (response) => ({ status: response.status, text: await response.text() }));
  const pass = async (asked: Asked, response: ServerResponse): Promise<void> => {
    const { status, text } = await forward(asked);
    response.writeHead(status).end(status === 204 ? undefined : text);
  };
  const fail = (asked: Asked, response: ServerResponse): void => {
    harmed += 1;
    // A server that quotes what it was given shows whether the key gets any further.
    response.writeHead(500, { "Content-Type": "text/plain" }).end(`ill; I was given ${asked.key}`);
  };
  const beLate = async (asked: Asked, response: ServerResponse): Promise<void> => {
    harmed += 1;
    const arrives = asked.method === "PATCH" && chance(random, 500);
    const lateMs = random.below(lateMsMax);
    if (!response.destroyed) await new Promise((resolve) => response.once("close", resolve));
    if (!arrives) return;
    await pause(lateMs);
    for (const name of namesIn(asked.body)) lateNames.add(name);
    await forward(asked);
  };
  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const asked = await readRequest(request);
    switch (weather) {
      case "failsBefore":
        return chance(random, 500) ? fail(asked, response) : pass(asked, response);
      case "failsAfter":
        if (!chance(random, 500)) return pass(asked, response);
        await forward(asked);
        return fail(asked, response);
      case "slow":
        harmed += 1;
        await pause(random.below(slowMsMax));
        return pass(asked, response);
      case "late":
        if (chance(random, asked.method === "PATCH" ? 700 : 150)) return beLate(asked, response);
        return pass(asked, response);
      default:
        return pass(asked, response);
    }
  };
  const server = createServer((request, response) => {
    const work = handle(request, response)
      .catch(() => response.destroy()) // The sender sees a cut connection, as it would of a dead proxy.
      .then(() => void open.delete(work));
    open.add(work);
  });
  const port = await listen(server, address, 0);
  const close = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  return {
    url: `http://${address}:${port}`,
    lateNames,
    harmed: () => harmed,
    async setWeather(next) {
      if (weather === "unreachable" && next !== "unreachable") await listen(server, address, port);
      if (weather !== "unreachable" && next === "unreachable") await close();
      weather = next;
      harmed = 0;
    },
    async settled() {
      while (open.size > 0) await Promise.all(open);
    },
    async stop() {
      if (weather !== "unreachable") await close();
      while (open.size > 0) await Promise.all(open);
    },
  };
}

async function readRequest(request: IncomingMessage): Promise<Asked> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(Buffer.from(part));
  const key = request.headers["x-api-key"];
  return {
    method: request.method ?? "GET",
    url: request.url ?? "/",
    key: typeof key === "string" ? key : "",
    body: Buffer.concat(parts).toString(),
  };
}

function namesIn(body: string): readonly string[] {
  const { rrsets } = JSON.parse(body) as { rrsets: readonly { name: string }[] }; // Our own writer's form.
  return rrsets.map(({ name }) => name);
}

function listen(server: Server, address: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, address, () => {
      server.removeListener("error", reject);
      const bound = server.address();
      resolve(typeof bound === "object" && bound !== null ? bound.port : 0);
    });
  });
}
