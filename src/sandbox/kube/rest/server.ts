/** The HTTPS server of the API: who asks, what for, and whatever is refused as a Status object. */
import { randomUUID } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer, type Server } from "node:https";
import { Failure } from "../../../core/kernel/failure.ts";
import type { Asker, FieldValidation, Target, User } from "../admission/asker.ts";
import { forbidden, noSuchResource, StatusError, unauthorized } from "../objects/status-error.ts";
import type { KubeApi } from "./kube-api.ts";
import { sendError } from "./reply.ts";
import { routeOf } from "./route.ts";
import { serveDocument } from "./serve-documents.ts";
import { serveResource } from "./serve-resources.ts";
import { mayDoEverything, type TokenUser, userOf } from "./users.ts";

export type ServerOptions = {
  readonly api: KubeApi;
  readonly address: string;
  /** 0: any free one. */
  readonly port: number;
  readonly tls: { readonly certificate: string; readonly key: string; readonly ca: string };
  readonly tokens: readonly TokenUser[];
  readonly nowMs: () => number;
  readonly bookmarkEveryMs: number;
  /** Told what fails by our own fault. */
  readonly onBug: (thrown: unknown) => void;
};

export type RunningServer = { readonly url: string; close(): Promise<void> };

/** Listens on exactly this address and port. Fails with AddressTaken. */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const { tls, address, port } = options;
  const server = createServer(
    {
      cert: tls.certificate,
      key: tls.key,
      ca: tls.ca,
      minVersion: "TLSv1.2",
      requestCert: true,
      // Who shows no certificate may have a token; each request is judged.
      rejectUnauthorized: false,
    },
    (request, response) => {
      void answer(request, response, options); // It never rejects.
    },
  );
  await listening(server, address, port);
  const bound = server.address();
  const boundPort = typeof bound === "object" && bound !== null ? bound.port : port;
  return {
    url: `https://${address}:${boundPort}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function listening(server: Server, address: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", (cause: NodeJS.ErrnoException) => {
      const code = cause.code === "EADDRINUSE" ? "AddressTaken" : "ConfigInvalid";
      const message = `can not listen on ${address}:${port} (${cause.code ?? cause.message})`;
      reject(new Failure(code, message, { field: "address", cause }));
    });
    server.listen(port, address, () => resolve());
  });
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  options: ServerOptions,
): Promise<void> {
  response.setHeader("audit-id", randomUUID());
  // A client that goes away is nobody's mistake.
  response.on("error", () => undefined);
  try {
    await serve(request, response, options);
  } catch (thrown) {
    if (!(thrown instanceof StatusError)) options.onBug(thrown);
    sendError(response, thrown);
  }
}

async function serve(
  request: IncomingMessage,
  response: ServerResponse,
  options: ServerOptions,
): Promise<void> {
  const { api, tokens, address, port, bookmarkEveryMs } = options;
  const user = userOf(request, tokens);
  if (user === undefined) throw unauthorized();
  const url = new URL(request.url ?? "/", "https://sandbox");
  if (/%(?![0-9a-fA-F]{2})/.test(url.pathname)) throw noSuchResource();
  const route = routeOf(url.pathname, api.registry);
  if (route.kind === "document") {
    const { path } = route;
    serveDocument({
      path,
      types: api.registry.all(),
      request,
      response,
      address: `${address}:${port}`,
    });
    return;
  }
  if (route.kind === "unknown") throw noSuchResource();
  const { target } = route;
  if (!mayDoEverything(user)) throw refusal(user, target, request);
  const warnings: string[] = [];
  const asker = askerOf(request, { url, user, options, warn: (text) => warnings.push(text) });
  await serveResource({
    ...{ api, target, query: url.searchParams, request, response, asker },
    ...{ warnings, bookmarkEveryMs },
  });
}

function refusal(user: User, target: Target, request: IncomingMessage): StatusError {
  const { type, namespace, name, subresource } = target;
  const resource = subresource === "" ? type.plural : `${type.plural}/${subresource}`;
  const where = namespace === "" ? "at the cluster scope" : `in the namespace "${namespace}"`;
  const verb = verbOf(request, target);
  return forbidden(
    { type, name },
    `User "${user.name}" cannot ${verb} resource "${resource}" in API group "${type.group}" ${where}`,
  );
}

function verbOf({ method, url = "" }: IncomingMessage, { name }: Target): string {
  if (method === "GET") {
    if (/[?&]watch=(?:true|1)/.test(url)) return "watch";
    return name === "" ? "list" : "get";
  }
  const verbs: Readonly<Record<string, string>> = {
    POST: "create",
    PUT: "update",
    PATCH: "patch",
    DELETE: name === "" ? "deletecollection" : "delete",
  };
  return verbs[method ?? ""] ?? "get";
}

type Asking = {
  readonly url: URL;
  readonly user: User;
  readonly options: ServerOptions;
  readonly warn: (text: string) => void;
};

function askerOf(request: IncomingMessage, { url, user, options, warn }: Asking): Asker {
  const query = url.searchParams;
  const agent = (request.headers["user-agent"] ?? "unknown").split("/")[0] ?? "unknown";
  const wanted = query.get("fieldValidation") ?? "Warn";
  const dryRun = query.getAll("dryRun");
  const wrong = dryRun.find((value) => value !== "All" && value !== "");
  if (wrong !== undefined) throw wrongOption("dryRun", wrong, ["All"]);
  if (!["Ignore", "Warn", "Strict"].includes(wanted))
    throw wrongOption("fieldValidation", wanted, ["Ignore", "Strict", "Warn"]);
  return {
    user,
    manager: query.get("fieldManager") || agent,
    fieldValidation: wanted as FieldValidation, // It is one of the three.
    dryRun: dryRun.includes("All"),
    nowMs: options.nowMs(),
    warn,
  };
}

function wrongOption(field: string, value: string, supported: readonly string[]): StatusError {
  const values = supported.map((one) => JSON.stringify(one)).join(", ");
  const message = `Unsupported value: ${JSON.stringify(value)}: supported values: ${values}`;
  return new StatusError({
    code: 422,
    reason: "Invalid",
    message: `CreateOptions.meta.k8s.io "" is invalid: ${field}: ${message}`,
    details: {
      group: "meta.k8s.io",
      kind: "CreateOptions",
      causes: [{ reason: "FieldValueNotSupported", message, field }],
    },
  });
}
