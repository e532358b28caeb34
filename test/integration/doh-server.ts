/** A resolver over HTTPS (RFC 8484) for tests: gives each question to a recursor over TCP, and its answer back. */
import { createServer } from "node:https";
import { connect } from "node:net";
import type { DnsEndpoint } from "../../src/control/env.ts";
import { randomLoopback } from "./pdns-server.ts";

export type DohServer = {
  readonly url: string;
  /** How it answers from now on. */
  mode: "well" | "status 500" | "another type" | "without end" | "silence";
  /** Questions that it took. */
  asked: number;
  stop(): Promise<void>;
};

/** Starts it; certificate and key in PEM, for the address. */
export async function startDohServer(
  recursor: DnsEndpoint,
  tls: { readonly cert: string; readonly key: string },
  address = randomLoopback(),
): Promise<DohServer> {
  const server = createServer(tls, (request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      doh.asked += 1;
      if (doh.mode === "silence") return;
      if (doh.mode === "status 500") {
        response.writeHead(500).end();
        return;
      }
      const type = doh.mode === "another type" ? "text/html" : "application/dns-message";
      response.setHeader("content-type", type);
      if (doh.mode === "without end") {
        response.write(Buffer.alloc(64 * 1024));
        return;
      }
      const question = Buffer.concat(chunks);
      const head = Buffer.alloc(2);
      head.writeUInt16BE(question.length);
      const socket = connect(recursor.port, recursor.address, () => {
        socket.write(Buffer.concat([head, question]));
      });
      let received = Buffer.alloc(0);
      socket.on("data", (part) => {
        received = Buffer.concat([received, part]);
        if (received.length < 2 || received.length < 2 + received.readUInt16BE(0)) return;
        response.end(received.subarray(2));
        socket.destroy();
      });
    });
  });
  await new Promise<void>((resolve) => server.listen(0, address, resolve));
  const bound = server.address();
  const port = typeof bound === "object" && bound !== null ? bound.port : 0;
  const doh: DohServer = {
    url: `https://${address}:${port}/dns-query`,
    mode: "well",
    asked: 0,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return doh;
}
