/** What the PostgreSQL adapter is told of one service: its data, how to reach both servers, and who may let it write (ADR 32). */
import type { Clock } from "../../control/env.ts";
import type { TlsPaths } from "../tls-texts.ts";

export type PostgresAddress = {
  readonly host: string;
  readonly port: number;
  /** A superuser, who may also replicate. */
  readonly user: string;
  /** Where `sovereign.promotion` lies; the same on both sides. */
  readonly database: string;
  /** Asked at each use, so that a replaced one is taken up. */
  readonly readPassword: () => Promise<string>;
  /** `off` is for loopback only. */
  readonly tls: "off" | TlsPaths;
};

export type PostgresLimits = {
  /** Until nothing of a fenced server takes writes; has to be shorter than the group's fence budget. */
  readonly fenceMs: number;
  /** From the order to promote until the server has left recovery. */
  readonly promoteMs: number;
  /** One short question to a server. */
  readonly askMs: number;
  /** Within which the standby has to have what was written when it was asked. */
  readonly confirmMs: number;
  /** Until a server that was started answers. */
  readonly startMs: number;
  /** Until a server that was asked to end in peace is made to. */
  readonly stopMs: number;
  /** How long a copy that follows may stand still. */
  readonly streamMs: number;
  /** A checkpoint of the peer, or a rewind. */
  readonly rewindMs: number;
  readonly copyMs: number;
};

/** How its log is held while commits do not wait for the peer (ADR 48). */
export type PostgresCeiling = {
  /** The most that may be written beyond what was published. */
  readonly mostBytes: number;
  /** Time between two publications. */
  readonly everyMs: number;
  /** Whether nobody can take over from here by what was published, so that nothing is held. */
  readonly isUnbounded: () => boolean;
};

export type PostgresServiceOptions = {
  /** As in the group. */
  readonly name: string;
  /** This region's cluster name: commits of the peer wait for this region's standby by it. */
  readonly region: string;
  readonly peerRegion: string;
  readonly dataFolder: string;
  /** Marks, the kept configuration, and copies while they are made; on the file system of the data. Default: beside it, `<data>.sovereign`. */
  readonly stateFolder?: string;
  /** Folder of `postgres`, `pg_ctl`, `pg_rewind`, `pg_basebackup` and `pg_controldata`. */
  readonly programs: string;
  readonly local: PostgresAddress;
  readonly peer: PostgresAddress;
  /** How the server is started and stopped where something else owns it; default `pg_ctl`. Both end when it is done, and do nothing twice. */
  readonly start?: readonly string[];
  readonly stop?: readonly string[];
  /** Name of the user as whom the programs run when this process is root; default whoever owns the data. */
  readonly user?: string;
  /** Whether the watchdog holds a live tenure of exactly this epoch at this moment (`tenureGate`). */
  readonly holdsTenure: (epoch: number) => Promise<boolean>;
  /** Whether the watchdog holds any live tenure at this moment. */
  readonly hasTenure: () => Promise<boolean>;
  readonly clock: Clock;
  /** Absent: commits that do not wait for the peer go on without end. */
  readonly ceiling?: PostgresCeiling;
  readonly limits?: Partial<PostgresLimits>;
};
