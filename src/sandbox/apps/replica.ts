/** A replica of the sample application: says which region and replica answered, to people and to programs. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";

const [region = "", replica = "", address = "127.0.0.1", port = "0"] = process.argv.slice(2);

createServer((request, response) => {
  if (request.url === "/healthz") return send(response, "text/plain; charset=utf-8", "ok\n");
  const answer = {
    application: (request.headers.host ?? "").replace(/:[0-9]+$/, ""),
    region,
    replica,
    atMs: Date.now(),
  };
  if (wantsHtml(request)) return send(response, "text/html; charset=utf-8", page(answer));
  send(response, "application/json", `${JSON.stringify(answer)}\n`);
}).listen(Number(port), address);

process.once("SIGTERM", () => process.exit(0));

function wantsHtml(request: IncomingMessage): boolean {
  return (request.headers.accept ?? "").includes("text/html");
}

function send(response: ServerResponse, type: string, body: string): void {
  response.writeHead(200, {
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
