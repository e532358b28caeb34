/** Why a failover would not work now, in sentences: what of this region's Cluster is not as it has to be (facts of failover §0.6, §0.8, §2.3). */
import { isWeak, type ServerRow } from "../postgresql/server-row.ts";
import type { Context } from "./cluster-context.ts";
import type { ClusterView } from "./cluster-view.ts";
import { rivalsOf } from "./field-holders.ts";

/** What its specification and CloudNativePG say. */
export function clusterReasons(
  { fieldManager, parts }: Pick<Context, "fieldManager" | "parts">,
  view: ClusterView,
): readonly string[] {
  const reasons = rivalsOf(view.holders, fieldManager).map(
    ({ field, manager }) =>
      `${manager} sets ${field} as well and would take a promotion back: take the field out of what it applies`,
  );
  if (view.isStandalone || view.source === null) {
    reasons.push(
      "its Cluster is no part of a distributed topology: give it spec.replica with source, and without enabled",
    );
  } else if (view.source !== parts.peerCluster) {
    reasons.push(`its Cluster follows ${view.source}, and its peer is ${parts.peerCluster}`);
  }
  if (view.isDelayed) {
    reasons.push("minApplyDelay is set: it is behind on purpose, and takes no promotion token");
  }
  if (view.switchoverDelaySeconds > parts.switchoverDelaySeconds) {
    reasons.push(
      `switchoverDelay is ${view.switchoverDelaySeconds} s: a fence may take as long, and has ${parts.switchoverDelaySeconds} s`,
    );
  }
  if (view.phase.includes("unrecoverable")) {
    reasons.push(`CloudNativePG gave it up: ${view.phaseReason}`);
  }
  return reasons;
}

/** What its server says. */
export function rowReasons(row: ServerRow, { peer }: Pick<Context, "peer">): readonly string[] {
  const reasons = row.bypasses.map(({ role, database, setting }) => {
    const who = role === null ? "every role" : `role ${role}`;
    const where = database === null ? "" : ` in database ${database}`;
    return `${who}${where} has ${setting}, so its commits do not wait for the standby`;
  });
  if (isWeak(row.commits)) {
    reasons.push(`synchronous_commit is ${row.commits}, so commits do not wait for the standby`);
  }
  if (!row.mayReplicate) {
    reasons.push(`role ${peer.user}, by which the peer follows, may not replicate or not log in`);
  }
  const is = (name: string, value: string): boolean => row.settings[name] === value;
  if (is("fsync", "off")) reasons.push("fsync is off: what is acknowledged is not durable");
  if (is("full_page_writes", "off")) reasons.push("full_page_writes is off");
  return reasons;
}
