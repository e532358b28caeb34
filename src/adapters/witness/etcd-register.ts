/**
 * etcd as a store with compare-and-set, through its JSON gateway: transactions and quorum reads only. Its own leases are not
 * used: keeping one alive is no write of the quorum, and a new leader gives them their whole TTL again (facts of the witness §4).
 */

import type { LeaseRegister, Signal } from "../../control/env.ts";
import { Failure } from "../../core/kernel/failure.ts";
import { parseJson } from "../../core/kernel/json.ts";
import { emptyLease, type LeaseRecord } from "../../core/lease/record.ts";
import { type EtcdClusterOptions, type EtcdSaid, etcdCluster } from "./etcd-cluster.ts";
import { parseRange, parseTxn } from "./etcd-replies.ts";
import { readStoredRecord } from "./stored-record.ts";

export type EtcdOptions = Omit<EtcdClusterOptions, "id"> & {
  /** What every key begins with; default `sovereign/lease/`. */
  readonly prefix?: string;
};

export type EtcdRegister = LeaseRegister & { close(): void };

/** Where a slot's record was last seen: its revision, and etcd's own, which the next write has to find unchanged. */
type Place = { readonly rev: number; readonly modRevision: string };

const placesMax = 1_000;

/** etcd has no clock that it decides by, so expiry is left to the contender's own waiting. Fails with ConfigInvalid. */
export function etcdRegister(options: EtcdOptions): EtcdRegister {
  const id = `etcd at ${options.endpoints.join(", ")}`;
  const cluster = etcdCluster({ ...options, id });
  const prefix = options.prefix ?? "sovereign/lease/";
  const keyOf = (slot: string): string =>
    Buffer.from(`${prefix}${slot}`, "utf8").toString("base64");
  const places = new Map<string, Place>();
  const sameCluster = clusterGuard(id);

  const read = async (slot: string, signal?: Signal): Promise<LeaseRecord> => {
    const key = keyOf(slot);
    const said = await cluster.call("/v3/kv/range", { key, limit: "1" }, signal);
    const range = parseRange(said.text, key);
    if (range === undefined) throw unexpected(id, "WitnessRefused");
    sameCluster(range.clusterId, "WitnessRefused");
    if (range.found === undefined) {
      places.delete(slot);
      return emptyLease(slot);
    }
    const record = readStoredRecord(parseJson(range.found.value), slot, id);
    if (places.size >= placesMax) places.clear();
    places.set(slot, { rev: record.rev, modRevision: range.found.modRevision });
    return record;
  };
  return {
    id,
    read: async (slot, signal) => ({ record: await read(slot, signal), nowMs: null }),
    async cas(slot, expectedRev, record, signal) {
      const isKnown = expectedRev === 0 || places.get(slot)?.rev === expectedRev;
      if (!isKnown && (await read(slot, signal)).rev !== expectedRev) return false;
      const place = expectedRev === 0 ? undefined : places.get(slot);
      const body = putWhere(keyOf(slot), place, record);
      const said = await cluster.call("/v3/kv/txn", body, signal);
      return outcomeOf(id, said, sameCluster);
    },
    close: () => cluster.close(),
  };
}

/** Puts the record where the key still is as it was read, or still is not there. */
function putWhere(key: string, place: Place | undefined, record: LeaseRecord): object {
  const compare =
    place === undefined
      ? { key, target: "CREATE", result: "EQUAL", create_revision: "0" }
      : { key, target: "MOD", result: "EQUAL", mod_revision: place.modRevision };
  const value = Buffer.from(JSON.stringify(record), "utf8").toString("base64");
  return { compare: [compare], success: [{ request_put: { key, value } }], failure: [] };
}

function outcomeOf(id: string, said: EtcdSaid, sameCluster: ClusterGuard): boolean {
  const txn = parseTxn(said.text);
  if (txn === undefined) throw unexpected(id, "WitnessUnreachable");
  sameCluster(txn.clusterId, "WitnessUnreachable");
  if (txn.succeeded || !said.inDoubt) return txn.succeeded;
  // Refused by one member after another did not answer: it may be our own write that stands in the way.
  const message = `${id}: a member did not say whether it was done`;
  throw new Failure("WitnessUnreachable", message, { where: id });
}

type Unbelieved = "WitnessRefused" | "WitnessUnreachable";
type ClusterGuard = (clusterId: string, code: Unbelieved) => void;

/** Endpoints of two clusters would be two witnesses, and so would a cluster that was made anew. */
function clusterGuard(id: string): ClusterGuard {
  let first: string | undefined;
  return (clusterId, code) => {
    first ??= clusterId;
    if (first === clusterId) return;
    const message = `${id}: two different clusters answer, ${first} and ${clusterId}`;
    throw new Failure(code, message, {
      where: id,
      remedy: "Name the members of one cluster only; after a restore, start this program again.",
    });
  };
}

function unexpected(id: string, code: Unbelieved): Failure {
  return new Failure(code, `${id} answers something that its API does not promise`, {
    where: id,
    remedy: "Check that the endpoints are those of an etcd from 3.4 on.",
  });
}
