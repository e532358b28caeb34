/**
 * A Hono app behind TLS. A client may show a certificate; one that the authority signed gives the request its `peerName`, and what is
 * wrong with another one stands in `peerProblem`. What a request may do is decided by its route. Certificates are read again while it
 * runs: connections that are open go on, and new ones get the new certificate.
 */
import { constants } from "node:crypto";
import { createServer, type Server } from "node:https";
import { TLSSocket } from "node:tls";
import { createAdaptorServer } from "@hono/node-server";
import type { Hono } from "hono";
import { certificateName } from "../../adapters/agent/certificate-name.ts";
import type { TlsFiles } from "../../adapters/agent/tls-files.ts";
import { Failure } from "../../core/kernel/failure.ts";
import { capConnections } from "./connection-cap.ts";

/** What `context.env` says of who asks. */
export type PeerBindings = {
  /** The one DNS name of a client certificate that the authority signed; undefined without one. */
  readonly peerName: string | undefined;
  /** Why a certificate that was shown gives no name. */
  readonly peerProblem: string | undefined;
};

export type ListenTlsOptions = {
  readonly address: string;
  /** 0: any free one. */
  readonly port: number;
  /** Read before listening, and then every `rereadEveryMs`. */
  readonly tls: () => Promise<TlsFiles>;
  readonly rereadEveryMs?: number;
  /** Told when the files can not be read again, once for each reason, and the last good ones stay in use; and of lost connections. */
  readonly onFailure?: (failure: Failure) => void;
  /** Largest body of a request; it has to say its length. */
  readonly bodyBytesMax?: number;
};

export type ListeningTls = { readonly url: string; close(): Promise<void> };

const connectionsMax = 128;
const connectionsOfNetworkMax = 48;
const limitsMs = { handshake: 5_000, headers: 5_000, request: 10_000, keptAlive: 5_000 };

/** Listens on exactly this address and port. Fails with AddressTaken, ConfigInvalid or what `tls` fails with. */
export async function listenTls<E extends { Bindings: Partial<PeerBindings> }>(
  app: Hono<E>,
  options: ListenTlsOptions,
): Promise<ListeningTls> {
  const { address, port, bodyBytesMax = 64 * 1024 } = options;
  const first = await options.tls();
  const serve = async (request: Request, node: object): Promise<Response> => {
    const objection = objectionToBody(request, bodyBytesMax);
    if (objection !== undefined) return objection;
    return app.fetch(request, { ...node, ...peerOf(node) });
  };
  const server = createAdaptorServer({
    fetch: serve,
    createServer,
    serverOptions: {
      ...contextOf(first),
      // Routes decide; people ask without a certificate.
      requestCert: true,
      rejectUnauthorized: false,
      handshakeTimeout: limitsMs.handshake,
      headersTimeout: limitsMs.headers,
      requestTimeout: limitsMs.request,
      keepAliveTimeout: limitsMs.keptAlive,
      maxHeaderSize: 16 * 1024,
    },
  }) as Server; // It was made by node:https's createServer.
  server.maxConnections = connectionsMax;
  capConnections(server, connectionsOfNetworkMax);
  await opened(server, options);
  const reread = rereading(server, first, options);
  const bound = server.address();
  const boundPort = typeof bound === "object" && bound !== null ? bound.port : port;
  const host = address.includes(":") ? `[${address}]` : address;
  return {
    url: `https://${host}:${boundPort}`,
    async close() {
      reread.stop();
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
    },
  };
}

/** No session is resumed: who asks is verified anew on each connection, by the authority of that moment. */
function contextOf({ certificate, key, ca }: TlsFiles) {
  return {
    cert: certificate,
    key,
    ca,
    minVersion: "TLSv1.3" as const,
    secureOptions: constants.SSL_OP_NO_TICKET,
  };
}

function opened(server: Server, options: ListenTlsOptions): Promise<void> {
  const { address, port, onFailure = () => undefined } = options;
  return new Promise((resolve, reject) => {
    const fail = (cause: NodeJS.ErrnoException): void => {
      const code = cause.code === "EADDRINUSE" ? "AddressTaken" : "ConfigInvalid";
      const message = `can not listen on ${address}:${port} (${cause.code ?? cause.message})`;
      reject(new Failure(code, message, { field: "api", cause }));
    };
    server.once("error", fail);
    server.listen(port, address, () => {
      server.removeListener("error", fail);
      // A connection that could not be taken, as when no file descriptor is left, ends nothing else.
      server.on("error", (cause) => onFailure(Failure.from(cause, `${address}:${port}`)));
      resolve();
    });
  });
}

/** Takes changed files up, one reading at a time. */
function rereading(server: Server, first: TlsFiles, options: ListenTlsOptions): { stop(): void } {
  const { tls, rereadEveryMs = 2_000, onFailure = () => undefined } = options;
  let inUse = JSON.stringify(first);
  let lastTold = "";
  let stopped = false;
  let timer: NodeJS.Timeout | undefined;
  const read = async (): Promise<void> => {
    try {
      const files = await tls();
      const text = JSON.stringify(files);
      if (text !== inUse && !stopped) server.setSecureContext(contextOf(files));
      inUse = text;
      lastTold = "";
    } catch (thrown) {
      const failure = Failure.from(thrown, "the certificates");
      if (failure.message !== lastTold) onFailure(failure);
      lastTold = failure.message;
    }
  };
  const again = (): void => {
    timer = setTimeout(() => {
      // It never rejects: what fails is told.
      void read().then(() => stopped || again());
    }, rereadEveryMs);
    timer.unref();
  };
  again();
  return {
    stop() {
      stopped = true;
      clearTimeout(timer);
    },
  };
}

/** Who asks, by the certificate of the connection; a name only with a chain to the authority that is valid now. */
function peerOf(node: object): PeerBindings {
  const socket =
    "incoming" in node &&
    typeof node.incoming === "object" &&
    node.incoming !== null &&
    "socket" in node.incoming
      ? node.incoming.socket
      : undefined;
  const certificate = socket instanceof TLSSocket ? socket.getPeerX509Certificate() : undefined;
  if (!(socket instanceof TLSSocket) || certificate === undefined)
    return { peerName: undefined, peerProblem: undefined };
  if (!socket.authorized) {
    const why = String(socket.authorizationError ?? "unknown authority");
    return { peerName: undefined, peerProblem: `its certificate is not trusted (${why})` };
  }
  const peerName = certificateName(certificate.subjectAltName);
  const peerProblem =
    peerName === undefined ? "its certificate has not exactly one DNS name" : undefined;
  return { peerName, peerProblem };
}

/** A body of a size that is not said, or is too large, is not read. */
function objectionToBody(request: Request, bytesMax: number): Response | undefined {
  const refused = (failure: Failure): Response =>
    Response.json({ error: failure.toJson() }, { status: failure.facts.httpStatus });
  if (request.headers.has("transfer-encoding"))
    return refused(new Failure("UsageInvalid", "a request has to say its length"));
  if (Number(request.headers.get("content-length") ?? 0) <= bytesMax) return undefined;
  return refused(new Failure("MessageTooLarge", `the request is larger than ${bytesMax} bytes`));
}
