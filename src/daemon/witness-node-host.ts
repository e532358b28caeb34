/**
 * The witness in Node (ADR 23): the same handler as the Worker's over a log of our own. For systems without glibc, and the
 * way out should workerd change its storage. Leases run out by a clock that no one can set and that stands while we do not run.
 */
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { type FileHandle, open, readFile } from "node:fs/promises";
import { createServer as createTlsServer } from "node:https";
import { join } from "node:path";
import { createAdaptorServer } from "@hono/node-server";
import { Failure } from "../core/kernel/failure.ts";
import { makeHandler } from "../worker/handler.ts";
import { askSlot, readSlot, type SlotClock, type Slots } from "../worker/slots.ts";
import type { WitnessConfig } from "./witness-config.ts";
import {
  folderHeld,
  lockFile,
  lockHeldExitCode,
  lockWaitSeconds,
  prepareFolder,
  readCredentials,
  storeOf,
  type WitnessHost,
} from "./witness-host.ts";
import { type NodeStore, openNodeStore } from "./witness-node-store.ts";

export type NodeHostOptions = {
  /** A line about something that failed. */
  readonly onLine?: (line: string) => void;
};

/** Starts it in this process. Fails with AlreadyRunning, AddressTaken, ConfigInvalid, CredentialUnreadable, JournalCorrupt or JournalUnwritable. */
export async function startNodeHost(
  config: WitnessConfig,
  options: NodeHostOptions = {},
): Promise<WitnessHost> {
  const { list } = await readCredentials(config);
  await prepareFolder(config.data, "node");
  const lock = await holdLock(config.data);
  let end: (failure: Failure | undefined) => void = () => undefined;
  const ending = new Promise<Failure | undefined>((resolve) => {
    end = resolve;
  });
  try {
    const path = join(config.data, storeOf.node);
    const store = await openNodeStore({ path, monotonicMs, onFailure: (failure) => end(failure) });
    const settledAtMs = store.clockMs() + config.settleMs;
    const clock = (): SlotClock => ({
      leaseMs: Math.floor(store.clockMs()),
      wallMs: Date.now(),
      settledAtMs,
    });
    const health = randomBytes(16).toString("hex");
    const handler = makeHandler({
      slots: nodeSlots(store, clock),
      credentials: list,
      wallMs: Date.now,
      health,
      onFailure: (thrown) => options.onLine?.(Failure.from(thrown, path).message),
    });
    const server = await serve(handler, config).catch(async (thrown: unknown) => {
      await store.close();
      throw thrown;
    });
    // Nobody may be answered by a host that can not write, so a failure ends it as a wish does.
    const ended = ending.then(async (failure) => {
      await server.close();
      await store.close();
      await lock.close();
      return failure;
    });
    const stop = async (): Promise<void> => {
      end(undefined);
      await ended;
    };
    return { url: server.url, pid: process.pid, ended, stop };
  } catch (thrown) {
    await lock.close();
    throw thrown;
  }
}

function nodeSlots(store: NodeStore, clock: () => SlotClock): Slots {
  // An answer may depend on what another request has just written, so a read waits for the disk as well.
  const afterDisk = async <T>(value: T): Promise<T> => {
    await store.durable();
    return value;
  };
  return {
    read: async (slot) => afterDisk(readSlot(store.slot(slot), clock())),
    ask: async (slot, request) => afterDisk(askSlot(store.slot(slot), request, clock())),
    history: async (slot) => afterDisk(store.grants(slot)),
  };
}

const lockTryEveryMs = 100;

/**
 * The folder's lock, for as long as the file is open. Node has no flock(2), but a lock belongs to the open file, and flock(1)
 * can take it on a file that it inherits from us: it ends, and the lock stays ours, however we end.
 */
async function holdLock(folder: string): Promise<FileHandle> {
  const file = await open(lockFile(folder), "a", 0o600);
  // The flock of small systems knows no time to wait.
  const endMs = performance.now() + lockWaitSeconds * 1_000;
  for (;;) {
    if ((await tryLock(file)) === 0) return file;
    if (performance.now() >= endMs) break;
    await new Promise((resolve) => setTimeout(resolve, lockTryEveryMs));
  }
  await file.close();
  throw folderHeld(folder);
}

/** Its exit code: 0 where the lock is ours now. */
function tryLock(file: FileHandle): Promise<number> {
  return new Promise<number>((resolve, reject) => {
    const child = spawn("flock", ["-n", "3"], { stdio: ["ignore", "ignore", "ignore", file.fd] });
    child.once("error", reject);
    child.once("close", (exitCode) => resolve(exitCode ?? lockHeldExitCode));
  }).catch((cause: unknown) => {
    throw new Failure("ProgramMissing", "flock can not be run", {
      remedy: "Install util-linux, or busybox with flock.",
      cause,
    });
  });
}

type Served = { readonly url: string; close(): Promise<void> };

async function serve(
  handler: (request: Request) => Promise<Response>,
  { listen, tls }: WitnessConfig,
): Promise<Served> {
  const server =
    tls === undefined
      ? createAdaptorServer({ fetch: handler })
      : createAdaptorServer({
          fetch: handler,
          createServer: createTlsServer,
          serverOptions: { ...(await tlsFiles(tls)), minVersion: "TLSv1.2" },
        });
  await new Promise<void>((resolve, reject) => {
    server.once("error", (cause: NodeJS.ErrnoException) => {
      const code = cause.code === "EADDRINUSE" ? "AddressTaken" : "ConfigInvalid";
      const message = `can not listen on ${listen.address}:${listen.port} (${cause.code})`;
      reject(new Failure(code, message, { field: "listen", cause }));
    });
    server.listen(listen.port, listen.address, resolve);
  });
  const bound = server.address();
  const port = typeof bound === "object" && bound !== null ? bound.port : listen.port;
  const host = listen.address.includes(":") ? `[${listen.address}]` : listen.address;
  let closing: Promise<void> | undefined;
  const close = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve());
      if ("closeAllConnections" in server) server.closeAllConnections();
    });
  return {
    url: `${tls === undefined ? "http" : "https"}://${host}:${port}`,
    close: () => (closing ??= close()),
  };
}

async function tlsFiles(tls: {
  readonly certificate: string;
  readonly key: string;
}): Promise<{ readonly cert: Buffer; readonly key: Buffer }> {
  try {
    return { cert: await readFile(tls.certificate), key: await readFile(tls.key) };
  } catch (cause) {
    throw new Failure("ConfigInvalid", "a file of `tls` can not be read", { field: "tls", cause });
  }
}

function monotonicMs(): number {
  return Number(process.hrtime.bigint() / 1_000n) / 1_000;
}
