/**
 * Lets commits go up to a position of the log without waiting, and holds every later one back, in the server itself (ADR 48). A standby
 * that is waited for by its name says what it has by *standby status updates* (PostgreSQL, *Streaming Replication Protocol*), and no
 * commit up to the furthest position that one ever said waits again while the server runs. So whoever connects as that standby and says
 * a position that is still to be written grants it, and need not stay.
 */
import { Client, type ClientConfig } from "pg";
import { z } from "zod";
import type { Clock } from "../../control/env.ts";
import type { PostgresAddress } from "./postgres-options.ts";
import { clientOptions, withSql } from "./postgres-sql.ts";
import { granterName } from "./settings-file.ts";

export type Grant = {
  readonly position: number;
  readonly limitMs: number;
  readonly clock: Clock;
};

const lookEveryMs = 10;

const streamingSql = `SELECT 1 FROM pg_stat_replication
  WHERE application_name = $1 AND state = 'streaming'`;
const takenSql = `SELECT 1 FROM pg_stat_replication WHERE application_name = $1 AND sync_priority > 0
  AND (extract(epoch FROM reply_time) * 1000000)::bigint = $2::bigint`;

/**
 * Resolves when the server has taken it in; its commits have to be `held` (`settings-file.ts`). Fails with DataServiceUnreachable, also
 * where it does not take it in within the limit.
 */
export async function grantCommits(local: PostgresAddress, grant: Grant): Promise<void> {
  const { limitMs, clock, position } = grant;
  // A connection for the log and for no database, which the types of `pg` do not know of.
  const kind: ClientConfig & { readonly replication: string } = { replication: "true" };
  const options = await clientOptions(local, limitMs);
  const client = new Client({ ...options, ...kind, application_name: granterName });
  // It is told by the question that meets it.
  client.on("error", () => undefined);
  try {
    await withSql(local, { limitMs }, async (ask) => {
      await client.connect();
      await startStreaming(client);
      const until = async (sql: string, values: readonly unknown[]): Promise<void> => {
        while ((await ask(sql, values)).length === 0) await clock.sleep(lookEveryMs);
      };
      await until(streamingSql, [granterName]);
      const sentMicros = BigInt(clock.nowMs()) * 1_000n;
      sendCopyData(client, statusUpdate(position, sentMicros));
      await until(takenSql, [granterName, String(sentMicros)]);
    });
  } finally {
    // A hung server never says goodbye, and nobody waits for that.
    void client.end().catch(() => undefined);
  }
}

const whereShape = z.tuple([
  z.object({ xlogpos: z.string().regex(/^[0-9A-F/]+$/i), timeline: z.coerce.number().int() }),
]);

/** From the end of the log, so that there is nothing to catch up; resolves when the server streams. */
async function startStreaming(client: Client): Promise<void> {
  const [{ xlogpos, timeline }] = whereShape.parse((await client.query("IDENTIFY_SYSTEM")).rows);
  await new Promise<void>((resolve, reject) => {
    client.connection.once("replicationStart", resolve);
    // It is answered when streaming ends, which is when this connection does.
    void client.query(`START_REPLICATION PHYSICAL ${xlogpos} TIMELINE ${timeline}`).catch(reject);
  });
}

/** Microseconds from 1970 to 2000, from where PostgreSQL counts. */
const epochMicros = 946_684_800_000_000n;

/** Written, flushed and replayed up to `position`, said at `sentMicros`; no answer is asked for. */
function statusUpdate(position: number, sentMicros: bigint): Buffer {
  const message = Buffer.alloc(34);
  message.write("r", 0, "latin1");
  for (const offset of [1, 9, 17]) message.writeBigUInt64BE(BigInt(position), offset);
  message.writeBigInt64BE(sentMicros - epochMicros, 25);
  return message;
}

function sendCopyData({ connection }: Client, message: Buffer): void {
  // The method that COPY is sent by; it is not in the types of `pg`.
  const sender = connection as typeof connection & { sendCopyFromChunk(chunk: Buffer): void };
  sender.sendCopyFromChunk(message);
}
