/** What the Valkey adapter is told of one service: its data, how to reach both servers, and who may let it write (ADR 39). */
import type { Clock } from "../../control/env.ts";
import type { TlsPaths } from "../tls-texts.ts";

export type ValkeyAddress = {
  readonly host: string;
  readonly port: number;
  /** A user that may do everything: `default`, unless the server has others. */
  readonly user: string;
  /** Asked at each use, so that a replaced one is taken up. */
  readonly readPassword: () => Promise<string>;
  /** `off` is for loopback only. */
  readonly tls: "off" | TlsPaths;
};

export type ValkeyLimits = {
  /** Until nothing of a fenced server takes writes; has to be shorter than the group's fence budget. */
  readonly fenceMs: number;
  /** One short question to a server. */
  readonly askMs: number;
  /** Until a server that was started answers, with its data read. */
  readonly startMs: number;
  /** How long a copy that follows may stand still before that counts as failed. */
  readonly streamMs: number;
  /** A copy of everything from the peer, or to the disk. */
  readonly copyMs: number;
  /** How long a server that came up without its newest data waits for its standby to let go of it, where the standby can not be asked. */
  readonly letGoMs: number;
  /** And where it says that it did not let go yet. */
  readonly letGoMostMs: number;
};

export type ValkeyServiceOptions = {
  /** As in the group. */
  readonly name: string;
  readonly region: string;
  readonly peerRegion: string;
  /** The server's `dir`: its process stands in it, and nobody else's does. */
  readonly dataFolder: string;
  /** Gate, marks and copies that were kept; on the file system of the data. Default: beside it, `<data>.sovereign`. */
  readonly stateFolder?: string;
  /** The server's configuration file; it includes the gate. */
  readonly configFile: string;
  /** `valkey-server` or `redis-server`, by its path. */
  readonly program: string;
  readonly local: ValkeyAddress;
  readonly peer: ValkeyAddress;
  /** How the server is started where something else owns it; default: the program with its configuration, as a daemon. */
  readonly start?: readonly string[];
  /** Name of the user as whom it runs when this process is root; default whoever owns the data. */
  readonly user?: string;
  /** Whether the watchdog holds a live tenure of exactly this epoch at this moment (`tenureGate`). */
  readonly holdsTenure: (epoch: number) => Promise<boolean>;
  /** Whether the watchdog holds any live tenure at this moment. */
  readonly hasTenure: () => Promise<boolean>;
  readonly clock: Clock;
  readonly limits?: Partial<ValkeyLimits>;
};
