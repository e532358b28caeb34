/** The answer of `INFO`, as far as replication and the disk go (valkey.io/commands/info); its field names are Valkey's. */

export type Replica = {
  readonly port: number;
  readonly isOnline: boolean;
  readonly offset: number;
};

export type ServerInfo = {
  /** As the server itself sees it. */
  readonly pid: number;
  readonly isReplica: boolean;
  /** Whether it refuses its clients' writes for as long as it is a replica. */
  readonly isReadOnly: boolean;
  readonly follows: { readonly host: string; readonly port: number } | null;
  /** As replica: whether the stream from there is up. */
  readonly isLinked: boolean;
  /** As replica: for how long at most nothing came from there, to the second; null while the stream is not up. */
  readonly silentMs: number | null;
  /** As replica: whether it is being filled anew. */
  readonly isFilling: boolean;
  readonly replicas: readonly Replica[];
  /** Names the history of the data: who has it and an offset in it has what everybody else with it had then. */
  readonly history: string;
  /** The history that this one was made from at its promotion, and the first offset that the two do not share. */
  readonly earlier: { readonly history: string; readonly until: number } | null;
  /** End of the replication log, in bytes; null where nothing counts them, because it has had no replica. */
  readonly offset: number | null;
  readonly isLoading: boolean;
  readonly isSaving: boolean;
  readonly isLastSaveGood: boolean;
  /** Whether what it has to append to its file was written; true where it appends nothing. */
  readonly isLogGood: boolean;
  readonly memory: {
    /** Of the memory that its limit counts. */
    readonly countedBytes: number;
    /** 0 for no limit. */
    readonly mostBytes: number;
    /** Whether it makes room by itself where it is full. */
    readonly evicts: boolean;
  };
  /** Seconds of the wall clock. */
  readonly lastSaveAtSeconds: number;
  readonly isCluster: boolean;
  /** Keys in all databases. */
  readonly keys: number;
};

const noHistory = /^0*$/;

/** Null when it is not an answer of `INFO`. */
export function parseInfo(text: string): ServerInfo | null {
  const fields = new Map<string, string>();
  for (const line of text.split(/\r?\n/)) {
    const at = line.indexOf(":");
    if (at > 0 && !line.startsWith("#")) fields.set(line.slice(0, at), line.slice(at + 1));
  }
  const word = (name: string): string => fields.get(name) ?? "";
  const count = (name: string): number => Number.parseInt(word(name), 10);
  const pid = count("process_id");
  const isReplica = /^role:slave\r?$/m.test(text);
  if (!Number.isSafeInteger(pid) || (!isReplica && !/^role:master\r?$/m.test(text))) return null;
  const offset = count("master_repl_offset");
  const isCounted = isReplica || word("repl_backlog_active") === "1";
  const until = count("second_repl_offset");
  return {
    pid,
    isReplica,
    isReadOnly: word("slave_read_only") === "1",
    follows: isReplica ? { host: word("master_host"), port: count("master_port") } : null,
    isLinked: isReplica && word("master_link_status") === "up",
    silentMs: isReplica ? silentMsOf(count("master_last_io_seconds_ago")) : null,
    isFilling: isReplica && word("master_sync_in_progress") === "1",
    replicas: replicasOf(fields),
    history: word("master_replid"),
    earlier:
      noHistory.test(word("master_replid2")) || !(until >= 0)
        ? null
        : { history: word("master_replid2"), until },
    offset: isCounted && Number.isSafeInteger(offset) ? offset : null,
    isLoading: word("loading") === "1",
    isSaving: word("rdb_bgsave_in_progress") === "1",
    isLastSaveGood: word("rdb_last_bgsave_status") === "ok",
    isLogGood: word("aof_enabled") !== "1" || word("aof_last_write_status") === "ok",
    memory: {
      countedBytes: (count("used_memory") || 0) - (count("mem_not_counted_for_evict") || 0),
      mostBytes: count("maxmemory") || 0,
      evicts: word("maxmemory_policy") !== "noeviction",
    },
    lastSaveAtSeconds: count("rdb_last_save_time"),
    isCluster: word("cluster_enabled") === "1",
    keys: keysOf(fields),
  };
}

/** The server counts whole seconds of two clock readings: the age is below the next one. */
function silentMsOf(seconds: number): number | null {
  return seconds >= 0 ? (seconds + 1) * 1_000 : null;
}

function replicasOf(fields: ReadonlyMap<string, string>): readonly Replica[] {
  return [...fields].flatMap(([name, value]) => {
    if (!/^slave\d+$/.test(name)) return [];
    const part = (which: string): string =>
      new RegExp(`(?:^|,)${which}=([^,]*)`).exec(value)?.[1] ?? "";
    const [port, offset] = [Number(part("port")), Number(part("offset"))];
    if (!Number.isSafeInteger(port) || !Number.isSafeInteger(offset)) return [];
    return [{ port, isOnline: part("state") === "online", offset }];
  });
}

function keysOf(fields: ReadonlyMap<string, string>): number {
  return [...fields].reduce((sum, [name, value]) => {
    const keys = /^db\d+$/.test(name) ? /^keys=(\d+)/.exec(value)?.[1] : undefined;
    return sum + Number(keys ?? 0);
  }, 0);
}

/**
 * Whether everything that is here is in the other's data too, by the rule by which a server lets a replica go on where it was
 * (PSYNC): the same history, or the one that it was promoted from, and no byte beyond.
 */
export function isContinuedBy(here: ServerInfo, there: ServerInfo): boolean {
  if (here.offset === null || there.offset === null) return false;
  if (here.history === there.history) return here.offset <= there.offset;
  const { earlier } = there;
  return earlier !== null && here.history === earlier.history && here.offset < earlier.until;
}
