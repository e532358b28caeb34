/**
 * The ledger over HTTP. `POST /entries` with `{"id": "<uuid>"}`: 200 only after a commit that counts; 503 when it was refused or nobody
 * knows, by `outcome`; 409 for an id that is there. `GET /entries?after=<uuid>`: the next thousand, in order of ids, in any region.
 */
import { readFile } from "node:fs/promises";
import type { IncomingMessage } from "node:http";
import { type Ledger, postgresLedger } from "../../adapters/postgresql/postgres-ledger.ts";

export type LedgerAnswer = { readonly status: number; readonly body: object };

const path = "/entries";
const bodyMax = 1_000;
const pageSize = 1_000;
const timeoutMs = 5_000;
const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** Answers what is for the ledger, and undefined for everything else; never rejects. `database`: host, port, name, user, file of the password. */
export function ledgerRequests(
  region: string,
  database: readonly string[],
): (request: IncomingMessage) => Promise<LedgerAnswer | undefined> {
  const [host = "", port = "", name = "", user = "", passwordFile = ""] = database;
  const ledger = postgresLedger({
    ...{ host, port: Number(port), database: name, user, region, timeoutMs },
    readPassword: async () => (await readFile(passwordFile, "utf8")).trim(),
  });
  return async (request) => {
    const url = new URL(request.url ?? "/", "http://ledger");
    if (url.pathname !== path) return undefined;
    try {
      if (request.method === "POST") return await post(ledger, request, region);
      if (request.method === "GET") return await list(ledger, url.searchParams.get("after"));
      return { status: 405, body: { error: "only POST and GET" } };
    } catch (thrown) {
      // Whoever asked has gone in the middle of the request.
      return { status: 400, body: { error: thrown instanceof Error ? thrown.message : "broken" } };
    }
  };
}

async function post(
  ledger: Ledger,
  request: IncomingMessage,
  region: string,
): Promise<LedgerAnswer> {
  const id = idOf(await textOf(request));
  if (id === undefined) return { status: 400, body: { error: 'a body of {"id": "<uuid>"}' } };
  const written = await ledger.write(id);
  switch (written.kind) {
    case "done":
      return { status: 200, body: { id, region, epoch: written.epoch, lsn: written.lsn } };
    case "exists":
      return { status: 409, body: { error: "an entry with this id is there", id, region } };
    case "refused":
    case "unknown": {
      const { kind, because } = written;
      return { status: 503, body: { error: because, outcome: kind, id, region } };
    }
  }
}

async function list(ledger: Ledger, after: string | null): Promise<LedgerAnswer> {
  if (after !== null && !uuid.test(after))
    return { status: 400, body: { error: "after is a uuid" } };
  const entries = await ledger.entries(after ?? undefined, pageSize);
  if (typeof entries === "string") return { status: 503, body: { error: entries } };
  const next = entries.length === pageSize ? (entries.at(-1)?.id ?? null) : null;
  return { status: 200, body: { entries, next } };
}

function idOf(text: string): string | undefined {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== "object" || value === null || !("id" in value)) return undefined;
    return typeof value.id === "string" && uuid.test(value.id) ? value.id : undefined;
  } catch {
    return undefined; // Not JSON.
  }
}

async function textOf(request: IncomingMessage): Promise<string> {
  let text = "";
  for await (const part of request.setEncoding("utf8")) {
    text += String(part);
    if (text.length > bodyMax) return "";
  }
  return text;
}
