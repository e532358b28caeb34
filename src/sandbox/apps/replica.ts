/**
 * A replica of the sample application: says which region and replica answered, to people and to programs, and writes to the ledger in
 * the region's own PostgreSQL.
 */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { ledgerRequests } from "./ledger-requests.ts";

const [region = "", replica = "", address = "127.0.0.1", port = "0", ...database] =
  process.argv.slice(2);
const ledger = ledgerRequests(region, database);

createServer((request, response) => {
  if (request.url === "/healthz") {
    send(response, 200, "text/plain; charset=utf-8", "ok\n");
    return;
  }
  void answer(request, response); // It never rejects.
}).listen(Number(port), address);

process.once("SIGTERM", () => process.exit(0));

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const written = await ledger(request);
  if (written !== undefined) {
    send(response, written.status, "application/json", `${JSON.stringify(written.body)}\n`);
    return;
  }
  const facts = {
    application: (request.headers.host ?? "").replace(/:[0-9]+$/, ""),
    region,
    replica,
    atMs: Date.now(),
  };
  if (wantsHtml(request)) send(response, 200, "text/html; charset=utf-8", page(facts));
  else send(response, 200, "application/json", `${JSON.stringify(facts)}\n`);
}

function wantsHtml(request: IncomingMessage): boolean {
  return (request.headers.accept ?? "").includes("text/html");
}

function send(response: ServerResponse, status: number, type: string, body: string): void {
  response.writeHead(status, {
    "content-type": type,
    "content-length": Buffer.byteLength(body),
    "cache-control": "no-store",
    "x-region": region,
    "x-replica": replica,
  });
  response.end(body);
}

function page(answer: { readonly application: string; readonly atMs: number }): string {
  const name = answer.application.replace(/[^A-Za-z0-9.:-]/g, "");
  return `<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="color-scheme" content="light dark">
<title>${name} in ${region}</title>
<body style="font: 1.1rem/1.6 system-ui, sans-serif; max-width: 40rem; margin: 4rem auto; padding: 0 1rem">
<h1>${name}</h1>
<p>Answered by <strong>${region}</strong>, ${replica}, at ${new Date(answer.atMs).toISOString()}.</p>
`;
}
