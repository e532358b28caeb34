/**
 * The witness that a document names (`spec.witnesses` of a Sovereign), on any of the three backends, with its credential out of
 * a file: what an agent holds leases by, and what `sovereign witness` looks at.
 */
import type { Clock, Signal, Witness } from "../../control/env.ts";
import { Failure } from "../../core/kernel/failure.ts";
import type { LeaseGrant } from "../../core/lease/protocol.ts";
import { parseCredential, type WitnessCredential } from "../../core/lease/protocol-credentials.ts";
import type { LeaseRecord } from "../../core/lease/record.ts";
import { expiresInMs } from "../../core/lease/settling.ts";
import type { WitnessSpec } from "../../core/resources/sovereign-witnesses.ts";
import { isLoopback } from "../loopback.ts";
import { etcdRegister } from "./etcd-register.ts";
import { httpWitness } from "./http-witness.ts";
import { postgresRegister } from "./postgres-register.ts";
import { registerWitness } from "./register-witness.ts";
import { type ClosableRegister, replaceableRegister } from "./replaceable-register.ts";
import {
  parseStoreCredential,
  readCertificate,
  type StoreCredential,
  type StoreTls,
} from "./store-credential.ts";

export type OpenWitnessOptions = {
  /** The text of the credential, asked before each request, so that a replaced one is taken up; `{}` where nobody logs in. */
  readonly readCredential: () => Promise<string>;
  /** Certificates in PEM to trust, asked before each request; without it those that Node knows. */
  readonly readCa?: () => Promise<string>;
  /** Limit of one request, repetitions included. */
  readonly timeoutMs: number;
  readonly clock: Clock;
  /** PostgreSQL: system identifiers and cluster names of databases that the lease protects; their servers are refused. */
  readonly protectedSystems?: readonly string[];
};

export type WitnessView = {
  readonly record: LeaseRecord;
  /** Time left by the witness's own clock; 0 when nobody holds it, null where the store has no clock (etcd). */
  readonly expiresInMs: number | null;
  /** How long a witness that has just started treats no lease as run out. */
  readonly settlesInMs: number;
};

export type OpenedWitness = Witness & {
  /** Fails as `read` does. */
  view(slot: string, signal?: Signal): Promise<WitnessView>;
  /** The last grants of the slot, newest first; undefined where the store keeps none of them. Fails as `read` does. */
  history(slot: string, signal?: Signal): Promise<readonly LeaseGrant[] | undefined>;
  /** The cluster that the credential belongs to, or null when it does not say; fails with CredentialUnreadable. */
  holder(): Promise<string | null>;
  close(): void;
};

/**
 * Connects nowhere before the first request. Fails with ConfigInvalid when the URLs are not the backend's, or are without TLS
 * and not on this machine; requests fail with CredentialUnreadable, and as `Witness` says.
 */
export function openWitness(spec: WitnessSpec, options: OpenWitnessOptions): OpenedWitness {
  switch (spec.backend) {
    case "worker":
      return openWorker(onlyUrl(spec), options);
    case "etcd":
      return openEtcd(spec, options);
    case "postgresql":
      return openPostgres(postgresPlace(spec), options);
  }
}

function openWorker(url: string, options: OpenWitnessOptions): OpenedWitness {
  const { timeoutMs, clock, readCa } = options;
  const readCredential = async (): Promise<WitnessCredential> => {
    const credential = parseCredential(await options.readCredential());
    if (credential !== undefined) return credential;
    throw new Failure("CredentialUnreadable", "the credential for the witness is not one", {
      where: url,
      remedy: "It is JSON with id, holder, slots and secret; see docs/guides/witness.md.",
    });
  };
  const ca = readCa === undefined ? {} : { ca: readCa };
  const witness = httpWitness({ url, readCredential, timeoutMs, clock, ...ca });
  return { ...witness, holder: async () => (await readCredential()).holder };
}

/** What a store is opened with; when it changes the store is opened anew. Passwords are asked at each login instead. */
type Access = { readonly user: string | undefined; readonly tls: StoreTls };

function openEtcd(spec: WitnessSpec, options: OpenWitnessOptions): OpenedWitness {
  const endpoints = spec.urls.map((text) => etcdEndpoint(text, spec.name));
  const id = `etcd at ${endpoints.join(", ")}`;
  return openStore(id, options, (access, readCredential) => {
    const readLogin = async (): Promise<{ user: string; password: string }> => {
      const { user = "", password = "" } = await readCredential();
      return { user, password };
    };
    return etcdRegister({
      endpoints,
      timeoutMs: options.timeoutMs,
      tls: access.tls,
      ...(access.user === undefined ? {} : { readLogin }),
    });
  });
}

type PostgresPlace = { readonly host: string; readonly port: number; readonly database: string };

function openPostgres(place: PostgresPlace, options: OpenWitnessOptions): OpenedWitness {
  const id = `PostgreSQL at ${place.host}:${place.port}/${place.database}`;
  return openStore(id, options, ({ user, tls }, readCredential) => {
    if (user === undefined) {
      const message = `the credential for ${id} names no user`;
      throw new Failure("CredentialUnreadable", message, { where: id });
    }
    const isPlain = isLoopback(place.host) && Object.keys(tls).length === 0;
    return postgresRegister({
      ...place,
      user,
      readPassword: async () => (await readCredential()).password ?? "",
      tls: isPlain ? "off" : tls,
      timeoutMs: options.timeoutMs,
      protectedSystems: options.protectedSystems ?? [],
    });
  });
}

function openStore(
  id: string,
  options: OpenWitnessOptions,
  open: (access: Access, readCredential: () => Promise<StoreCredential>) => ClosableRegister,
): OpenedWitness {
  const readCredential = async (): Promise<StoreCredential> =>
    parseStoreCredential(await options.readCredential(), id);
  const readAccess = async (): Promise<Access> => {
    const credential = await readCredential();
    const ca = await options.readCa?.();
    const tls = await readCertificate(credential, id);
    return { user: credential.user, tls: ca === undefined ? tls : { ca, ...tls } };
  };
  const register = replaceableRegister(id, readAccess, (access) => open(access, readCredential));
  return {
    ...registerWitness(register),
    async view(slot, signal) {
      const { record, nowMs } = await register.read(slot, signal);
      const leftMs =
        record.holder === null ? 0 : nowMs === null ? null : expiresInMs(record, nowMs);
      return { record, expiresInMs: leftMs, settlesInMs: 0 };
    },
    history: () => Promise.resolve(undefined),
    holder: async () => (await readCredential()).holder,
    close: () => register.close(),
  };
}

function onlyUrl({ name, backend, urls }: WitnessSpec): string {
  const [url] = urls;
  if (url !== undefined && urls.length === 1) return url;
  throw wrong(name, `a witness on ${backend} has one URL, and here are ${urls.length}`);
}

function etcdEndpoint(text: string, name: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isSafe =
    url?.protocol === "https:" || (url?.protocol === "http:" && isLoopback(url.hostname));
  if (url !== undefined && isSafe && url.href === `${url.origin}/`) return url.origin;
  const form = "https:// with a host and a port only (http:// is for loopback alone)";
  throw wrong(name, `an endpoint of etcd is ${form}, and not ${text}`);
}

function postgresPlace(spec: WitnessSpec): PostgresPlace {
  const text = onlyUrl(spec);
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const [, database] = /^\/?([A-Za-z0-9._~-]*)$/.exec(url?.pathname ?? "//") ?? [];
  const isBare =
    url?.username === "" && url.password === "" && url.search === "" && url.hash === "";
  if (url?.protocol === "postgresql:" && url.hostname !== "" && isBare && database !== undefined) {
    const host = url.hostname.replace(/^\[|\]$/g, "");
    const port = url.port === "" ? 5_432 : Number(url.port);
    return { host, port, database: database === "" ? "postgres" : database };
  }
  const form = "postgresql:// with host, port and one database, without credentials and query";
  throw wrong(spec.name, `the place of a PostgreSQL is ${form}`);
}

function wrong(name: string, because: string): Failure {
  return new Failure("ConfigInvalid", because, { where: `witness ${name}`, field: "urls" });
}
