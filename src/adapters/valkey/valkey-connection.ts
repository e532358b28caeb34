/** Short questions to one server: a connection for each task, with a limit on all that waits, and never a second try by itself. */
import { createClient } from "@redis/client";
import type { Signal } from "../../control/env.ts";
import { Failure } from "../../core/kernel/failure.ts";
import { isLoopback } from "../loopback.ts";
import { registerSecret } from "../secrets.ts";
import { readTls } from "../tls-texts.ts";
import { parseInfo, type ServerInfo } from "./info-text.ts";
import type { ValkeyAddress } from "./valkey-options.ts";

/** One command, word by word; its answer as the protocol's second version has it. */
export type Ask = (...words: readonly string[]) => Promise<unknown>;

export type AskLimit = { readonly limitMs: number; readonly signal?: Signal | undefined };

/** Fails with DataServiceUnreachable when the server does not answer within the limit, or refuses; with Cancelled by the signal. */
export async function withServer<T>(
  address: ValkeyAddress,
  { limitMs, signal }: AskLimit,
  use: (ask: Ask) => Promise<T>,
): Promise<T> {
  const where = `Valkey at ${address.host}:${address.port}`;
  const failed = (words: string, cause?: unknown): Failure =>
    new Failure("DataServiceUnreachable", `${where} ${words}`, { where, cause });
  if (address.tls === "off" && !isLoopback(address.host)) {
    throw new Failure("ConfigInvalid", `${where} is not on this machine and TLS is off`);
  }
  const client = await clientOf(address, limitMs);
  // It is told by the request that meets it.
  client.on("error", () => undefined);
  let timer: NodeJS.Timeout | undefined;
  let stop = (): void => undefined;
  const over = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(failed(`did not answer within ${limitMs} ms`)), limitMs);
    stop = () => reject(new Failure("Cancelled", `asking ${where} was stopped`, { where }));
    if (signal?.aborted === true) stop();
    signal?.addEventListener("abort", stop, { once: true });
  });
  const work = async (): Promise<T> => {
    await client.connect();
    return use((...words) => client.sendCommand(words));
  };
  const working = work();
  // Where the limit is over first, nobody hears of what ends it.
  void working.catch(() => undefined);
  try {
    return await Promise.race([working, over]);
  } catch (thrown) {
    if (thrown instanceof Failure) throw thrown;
    const words = thrown instanceof Error ? thrown.message.replace(/[^\x20-\x7e]+/g, " ") : "";
    throw failed(`could not: ${words.slice(0, 200)}`, thrown);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", stop);
    client.destroy();
  }
}

/** Fails as `withServer` does, and where the answer is none. */
export async function readInfo(ask: Ask): Promise<ServerInfo> {
  const info = parseInfo(String(await ask("INFO")));
  if (info === null) throw new Failure("DataServiceUnreachable", "INFO was not answered as such");
  return info;
}

async function clientOf(address: ValkeyAddress, limitMs: number) {
  const { host, port, user, tls } = address;
  const password = await address.readPassword();
  registerSecret(password);
  const socket = { host, port, connectTimeout: limitMs, reconnectStrategy: false } as const;
  return createClient({
    RESP: 2,
    ...(user === "default" ? {} : { username: user }),
    password,
    // What waits for a connection that comes later would be carried out later.
    disableOfflineQueue: true,
    disableClientInfo: true,
    maintNotifications: "disabled",
    socket: tls === "off" ? socket : { ...socket, tls: true, ...(await readTls(tls)) },
  });
}
