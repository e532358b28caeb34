/** Whether commits wait for the peer's Cluster: written into this one's specification, and seen in force (DESIGN §7.5). */

import { z } from "zod";
import { Failure } from "../../core/kernel/failure.ts";
import { withSql } from "../postgresql/postgres-sql.ts";
import { applyRole } from "./cluster-access.ts";
import { type Context, rowHere } from "./cluster-context.ts";
import { isWaitExact, namesWaitFor, type Role, roleOfView } from "./role-patch.ts";

const lookEveryMs = 100;

/** Does nothing when something else was asked since; `turn` is the number of this request. */
export async function setSyncOf(context: Context, sync: Role["sync"], turn: number): Promise<void> {
  const { life } = context;
  if (life.syncAsked !== turn) return;
  await writeSync(context, sync);
}

/** Fails with TimedOut when the server does not take it up. */
export async function writeSync(context: Context, sync: Role["sync"]): Promise<void> {
  const { life, clock, limits, parts, name } = context;
  const isIn = async (): Promise<boolean> => {
    const row = await rowHere(context).catch(() => null);
    return row !== null && namesWaitFor(row.syncNames, parts.peerCluster) === (sync === "required");
  };
  // A server whose setting is changed may show it before all of its processes have it: a measurement must not believe it meanwhile.
  const begin = (): void => {
    if (sync === "required") life.requiredAtMs = clock.monotonicMs();
  };
  let isNew = !(await isIn());
  if (isNew) begin();
  const view = await applyRole(context, {
    limitMs: limits.askMs,
    to(now) {
      const role = roleOfView(now, parts);
      const isSame = role.sync === sync && isWaitExact(now, parts);
      // A Cluster that takes no writes has nothing to relax: its promotion makes commits wait again.
      if (isSame || (sync === "relaxed" && now.isReplica)) return null;
      isNew = true;
      begin();
      return { ...role, sync };
    },
  });
  if (view.isReplica || view.isFenced) return;
  const endMs = clock.monotonicMs() + limits.askMs * 3;
  while (!(await isIn())) {
    isNew = true;
    begin();
    if (clock.monotonicMs() > endMs) {
      throw new Failure("TimedOut", `${name} does not take up that its commits are ${sync}`, {
        remedy: "Read the events of its Cluster: its CloudNativePG operator may not run.",
      });
    }
    await clock.sleep(lookEveryMs);
  }
  if (isNew) begin();
  life.relaxedSince = sync === "relaxed" ? await startedAt(context) : null;
}

const startShape = z.tuple([z.object({ since: z.string() })]);

/** Since when the server runs, in its own words. */
export function startedAt({ local, limits }: Context): Promise<string> {
  return withSql(local, { limitMs: limits.askMs }, async (ask) => {
    const rows = await ask("SELECT extract(epoch FROM pg_postmaster_start_time())::text AS since");
    return startShape.parse(rows)[0].since;
  });
}
