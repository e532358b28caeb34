/** Short SQL to one server: a connection for each task, with a limit on all that waits. Nothing is kept open that a fence would have to end. */
import { Client, type ClientConfig } from "pg";
import type { Signal } from "../../control/env.ts";
import { Failure } from "../../core/kernel/failure.ts";
import { isLoopback } from "../loopback.ts";
import { registerSecret } from "../secrets.ts";
import { readTls } from "../tls-texts.ts";
import type { PostgresAddress } from "./postgres-options.ts";

export type Ask = (text: string, values?: readonly unknown[]) => Promise<readonly unknown[]>;

export type SqlLimit = { readonly limitMs: number; readonly signal?: Signal | undefined };

/** Fails with DataServiceUnreachable when the server does not answer within the limit, or refuses; with Cancelled by the signal. */
export async function withSql<T>(
  address: PostgresAddress,
  { limitMs, signal }: SqlLimit,
  use: (ask: Ask) => Promise<T>,
): Promise<T> {
  const where = `PostgreSQL at ${address.host}:${address.port}`;
  const failed = (words: string, cause?: unknown): Failure =>
    new Failure("DataServiceUnreachable", `${where} ${words}`, { where, cause });
  if (address.tls === "off" && !isLoopback(address.host)) {
    throw new Failure("ConfigInvalid", `${where} is not on this machine and TLS is off`);
  }
  const client = new Client(await clientOptions(address, limitMs));
  // It is told by the request that meets it.
  client.on("error", () => undefined);
  let timer: NodeJS.Timeout | undefined;
  let stop = (): void => undefined;
  const over = new Promise<never>((_, reject) => {
    const late = failed(`did not answer within ${limitMs} ms`);
    timer = setTimeout(() => reject(late), limitMs);
    stop = () => reject(new Failure("Cancelled", `asking ${where} was stopped`, { where }));
    if (signal?.aborted === true) stop();
    signal?.addEventListener("abort", stop, { once: true });
  });
  const work = async (): Promise<T> => {
    await client.connect();
    return use(async (text, values = []) => (await client.query<object>(text, [...values])).rows);
  };
  try {
    return await Promise.race([work(), over]);
  } catch (thrown) {
    if (thrown instanceof Failure) throw thrown;
    const words = thrown instanceof Error ? thrown.message.replace(/[^\x20-\x7e]+/g, " ") : "";
    throw failed(`could not: ${words.slice(0, 200)}`, thrown);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", stop);
    // A hung server never says goodbye, and nobody waits for that.
    void client.end().catch(() => undefined);
  }
}

/** What every connection of the agent's is opened with; the password is read anew. */
export async function clientOptions(
  address: PostgresAddress,
  limitMs: number,
): Promise<ClientConfig> {
  const { host, port, database, user, tls } = address;
  const password = await address.readPassword();
  registerSecret(password);
  return {
    host,
    port,
    database,
    user,
    password,
    ssl: tls === "off" ? false : { ...(await readTls(tls)), rejectUnauthorized: true },
    connectionTimeoutMillis: limitMs,
    application_name: "sovereign agent",
    // Our own words are durable here, and wait for nobody; a write that has to fail must not be read only by a setting.
    options: "-c synchronous_commit=local -c default_transaction_read_only=off",
  };
}
