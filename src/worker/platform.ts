/** The part of the Workers platform that the witness uses, as its documentation gives it; Cloudflare's own types are 1 MB of more. */

export type SqlValue = string | number | null;
export type SqlRow = Readonly<Record<string, SqlValue>>;

/** `ctx.storage.sql` of a Durable Object; `exec` is synchronous. */
export interface SqlStorage {
  exec(statement: string, ...values: readonly SqlValue[]): Iterable<SqlRow>;
}

/** What a Durable Object is given. */
export interface ObjectState {
  readonly id: { toString(): string };
  readonly storage: { readonly sql: SqlStorage };
}

/** The binding through which a Worker reaches its Durable Objects. */
export interface ObjectNamespace {
  idFromName(name: string): unknown;
  get(id: unknown): { fetch(url: string, init: RequestInit): Promise<Response> };
}

/** The bindings of the witness; `deploy/witness/wrangler.toml` and the launcher give them. */
export type Bindings = {
  readonly LEASES: ObjectNamespace;
  /** The list of credentials (core/lease/protocol-credentials.ts). */
  readonly CREDENTIALS?: string;
  /** How long an object that was just constructed settles, in milliseconds; 2000 when absent. */
  readonly SETTLE_MS?: string;
  /** What `/healthz` says to everybody, so that whoever started us knows that it is us. Absent: there is no such path. */
  readonly HEALTH?: string;
};
