/** What the parts of the PostgreSQL adapter share: names, servers, limits, and what is under way. */

import type { Abort } from "../../control/abort.ts";
import type { Clock } from "../../control/env.ts";
import type { ServiceFacts } from "../../core/failover/facts.ts";
import { Failure } from "../../core/kernel/failure.ts";
import type { Pace } from "./ceiling.ts";
import { type LocalServer, localServer } from "./local-server.ts";
import type {
  PostgresAddress,
  PostgresCeiling,
  PostgresLimits,
  PostgresServiceOptions,
} from "./postgres-options.ts";
import { conninfoText, refuseBadName, type Sync } from "./settings-file.ts";

/** What is under way in this process. */
export type Life = {
  /** Counts fences: a promotion that began before one of them comes to nothing. */
  fences: number;
  fencing: Promise<void> | null;
  /** A start after a fence. */
  restarting: Promise<void> | null;
  /** The epoch in which it was promoted and not fenced since. */
  servedEpoch: number | null;
  /** Counts what was asked about commits: only the last one counts. */
  syncAsked: number;
  /** When commits were last told to wait in a server that ran; null once that is surely in force. */
  requiredAtMs: number | null;
  /** The data are being replaced: nobody starts the server. */
  isReplacing: boolean;
  /** Its configuration was kept since this process began. */
  isKept: boolean;
  /** Ends following as far as it can be ended: a copy that is being made, and waiting. */
  following: Abort | null;
  /** What commits of the server here do, as it was last seen; null where it takes none, and where somebody else set it. */
  syncInForce: Sync | null;
  /** Some commits there wait for nobody, whatever all are told. */
  isBypassed: boolean;
  pace: Pace | null;
  /** What may be published of its log; null before it was looked at, and where nothing stops it. */
  ceiling: number | null;
  /** How far commits may go by what was published in the tenure of that epoch; null where nothing was in this process's time. */
  allowed: { readonly epoch: number; readonly position: number } | null;
  /** How far they were let go at most in that run of the server; `isSure`: and surely so far. */
  granted: {
    readonly startedAt: string;
    readonly position: number;
    readonly isSure: boolean;
  } | null;
  /** What it last measured, while the server does not answer. */
  lastFacts: ServiceFacts | null;
  /** What was last seen of the peer's server, and stays true when the peer is gone. */
  peerSays: readonly string[];
};

export type Context = {
  readonly name: string;
  readonly region: string;
  readonly peerRegion: string;
  readonly server: LocalServer;
  readonly local: PostgresAddress;
  readonly peer: PostgresAddress;
  /**
   * Where this server follows, as libpq reads it; makes the password's file first. Only as `standby` it has the name that commits wait for:
   * a copy that is being made reports positions as well.
   */
  readonly upstream: (as: "standby" | "copy") => Promise<string>;
  readonly holdsTenure: (epoch: number) => Promise<boolean>;
  readonly hasTenure: () => Promise<boolean>;
  readonly clock: Clock;
  readonly ceiling: PostgresCeiling | undefined;
  readonly limits: PostgresLimits;
  readonly life: Life;
};

const defaultLimits: PostgresLimits = {
  fenceMs: 4_000,
  promoteMs: 30_000,
  askMs: 3_000,
  confirmMs: 1_500,
  startMs: 60_000,
  stopMs: 30_000,
  streamMs: 30_000,
  rewindMs: 3_600_000,
  copyMs: 12 * 3_600_000,
};

/** Fails with ConfigInvalid for names that can not be those of a standby. */
export function postgresContext(options: PostgresServiceOptions): Context {
  const { name, region, peerRegion, dataFolder, local, peer, clock } = options;
  refuseBadName(region);
  refuseBadName(peerRegion);
  if (region === peerRegion) throw new Failure("ConfigInvalid", "both regions have one name");
  const limits = { ...defaultLimits, ...options.limits };
  const server = localServer({
    dataFolder,
    stateFolder: options.stateFolder ?? `${dataFolder.replace(/\/+$/, "")}.sovereign`,
    programs: options.programs,
    start: options.start,
    stop: options.stop,
    user: options.user,
    clock,
    limits,
  });
  return {
    name,
    region,
    peerRegion,
    server,
    local,
    peer,
    upstream: async (as) => {
      const passfile = await server.writePassword(peer.user, await peer.readPassword());
      return conninfoText(
        upstreamParameters(peer, as === "copy" ? `copy-${region}` : region, passfile),
      );
    },
    holdsTenure: options.holdsTenure,
    hasTenure: options.hasTenure,
    clock,
    ceiling: options.ceiling,
    limits,
    life: {
      fences: 0,
      fencing: null,
      restarting: null,
      servedEpoch: null,
      syncAsked: 0,
      // What was told by an agent before this one may not be in force yet.
      requiredAtMs: clock.monotonicMs(),
      isReplacing: false,
      isKept: false,
      following: null,
      syncInForce: null,
      isBypassed: false,
      pace: null,
      ceiling: null,
      allowed: null,
      granted: null,
      lastFacts: null,
      peerSays: [],
    },
  };
}

function upstreamParameters(
  { host, port, user, database, tls }: PostgresAddress,
  applicationName: string,
  passfile: string,
): Readonly<Record<string, string>> {
  const secure =
    tls === "off"
      ? { sslmode: "disable" }
      : {
          sslmode: "verify-full",
          ...(tls.ca === undefined ? {} : { sslrootcert: tls.ca }),
          ...(tls.certificate === undefined ? {} : { sslcert: tls.certificate }),
          ...(tls.key === undefined ? {} : { sslkey: tls.key }),
        };
  return {
    host,
    port: String(port),
    user,
    dbname: database,
    passfile,
    application_name: applicationName,
    connect_timeout: "5",
    // A peer that vanished is noticed within half a minute.
    keepalives_idle: "5",
    keepalives_interval: "2",
    keepalives_count: "3",
    tcp_user_timeout: "15000",
    ...secure,
  };
}
