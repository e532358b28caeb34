/** A Hono app on a socket, and its clean end. */
import { createAdaptorServer } from "@hono/node-server";
import type { Hono } from "hono";
import { Failure } from "../core/kernel/failure.ts";

export type Listening = { readonly url: string; close(): Promise<void> };

/** Listens on exactly this address and port (0 = any free one). Fails with AddressTaken. */
export async function listen(
  app: Hono,
  at: { readonly address: string; readonly port: number },
): Promise<Listening> {
  const server = createAdaptorServer({ fetch: app.fetch });
  await new Promise<void>((resolve, reject) => {
    server.once("error", (cause: NodeJS.ErrnoException) => {
      const code = cause.code === "EADDRINUSE" ? "AddressTaken" : "ConfigInvalid";
      reject(
        new Failure(
          code,
          `can not listen on ${at.address}:${at.port} (${cause.code ?? cause.message})`,
          {
            field: "http",
            cause,
          },
        ),
      );
    });
    server.listen(at.port, at.address, resolve);
  });
  const bound = server.address();
  const port = typeof bound === "object" && bound !== null ? bound.port : at.port;
  const host = at.address.includes(":") ? `[${at.address}]` : at.address;
  return {
    url: `http://${host}:${port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        // Kept-alive connections of idle scrapers would hold the server open.
        if ("closeAllConnections" in server) server.closeAllConnections();
      }),
  };
}
