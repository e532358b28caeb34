/**
 * An etcd cluster as one server: endpoints in order until one answers, a login when there is one, and every answer and
 * silence told apart by whether the request may have been done.
 */
import type { Signal } from "../../control/env.ts";
import { Failure } from "../../core/kernel/failure.ts";
import { registerSecret } from "../secrets.ts";
import { type EtcdTls, etcdConnection } from "./etcd-http.ts";
import { type EtcdError, parseEtcdError, parseToken } from "./etcd-replies.ts";

export type EtcdLogin = { readonly user: string; readonly password: string };

export type EtcdClusterOptions = {
  readonly id: string;
  /** `https://etcd-1.example.org:2379`, tried in this order, beginning with the one that answered last. */
  readonly endpoints: readonly string[];
  /** Limit of one request, all endpoints together. */
  readonly timeoutMs: number;
  /** PEM texts: the authority to trust, and the certificate to present where the cluster asks for one. */
  readonly tls?: EtcdTls;
  /** Asked at each login, so that a replaced password is taken up. Without it no one logs in. */
  readonly readLogin?: () => Promise<EtcdLogin>;
};

export type EtcdSaid = {
  readonly text: string;
  /** An endpoint that was asked before, and did not answer, may have done it as well. */
  readonly inDoubt: boolean;
};

export type EtcdCluster = {
  /** Fails with WitnessUnreachable (it may have been done), WitnessUnauthorized or WitnessRefused (it was not), or Cancelled. */
  call(path: string, body: object, signal?: Signal): Promise<EtcdSaid>;
  close(): void;
};

/** gRPC codes (google.golang.org/grpc/codes). */
const grpc = { invalidArgument: 3, permissionDenied: 7, resourceExhausted: 8, unauthenticated: 16 };
const staleToken = /invalid auth token|revision of auth store is old/;
const unknownUser = /user name is empty|authentication failed|user name not found/;

export function etcdCluster(options: EtcdClusterOptions): EtcdCluster {
  const { id } = options;
  const endpoints = options.endpoints.map((endpoint) => originOf(endpoint, id));
  if (endpoints.length === 0) throw new Failure("ConfigInvalid", `${id} has no endpoint`);
  const connection = etcdConnection(options.tls ?? {});
  let preferred = 0;
  let token: string | undefined;

  const round = async (
    path: string,
    body: object,
    signal: Signal | undefined,
  ): Promise<EtcdSaid | { readonly error: EtcdError }> => {
    const endMs = performance.now() + options.timeoutMs;
    const silences: string[] = [];
    let inDoubt = false;
    for (let turn = 0; turn < endpoints.length; turn++) {
      if (signal?.aborted === true) break;
      const index = (preferred + turn) % endpoints.length;
      const endpoint = endpoints[index] ?? "";
      // An equal share of what is left: one endpoint that hangs must not use up the others' time.
      const shareMs = Math.max(1, (endMs - performance.now()) / (endpoints.length - turn));
      const answer = await connection.post({
        url: `${endpoint}${path}`,
        body: JSON.stringify(body),
        token,
        timeoutMs: shareMs,
        signal,
      });
      if (answer.kind === "answered" && answer.status === 200) {
        preferred = index;
        return { text: answer.text, inDoubt };
      }
      const error = answer.kind === "answered" ? parseEtcdError(answer.text) : undefined;
      if (error !== undefined && isRefusal(error)) return { error };
      inDoubt ||= answer.kind === "answered" || answer.sent;
      const because = answer.kind === "silent" ? answer.because : `HTTP ${answer.status}`;
      silences.push(`${endpoint}: ${error?.message ?? because}`);
    }
    const where = { where: id };
    if (signal?.aborted === true) throw new Failure("Cancelled", `asking ${id} was stopped`, where);
    throw new Failure(
      "WitnessUnreachable",
      `${id} does not answer (${silences.join("; ")})`,
      where,
    );
  };
  const login = async (signal: Signal | undefined): Promise<void> => {
    const { user, password } = (await options.readLogin?.()) ?? { user: "", password: "" };
    registerSecret(password);
    token = undefined;
    const said = await round("/v3/auth/authenticate", { name: user, password }, signal);
    token = "text" in said ? parseToken(said.text) : undefined;
    if (token === undefined) {
      const words = "error" in said ? said.error.message : "it gives no token";
      throw new Failure("WitnessUnauthorized", `${id} refuses the login: ${words}`, { where: id });
    }
    registerSecret(token);
  };
  return {
    async call(path, body, signal) {
      const mayLogIn = options.readLogin !== undefined;
      if (mayLogIn && token === undefined) await login(signal);
      let said = await round(path, body, signal);
      if ("error" in said && mayLogIn && staleToken.test(said.error.message)) {
        // Tokens end after some minutes, and with the member that gave them; nothing was done with the old one.
        await login(signal);
        said = await round(path, body, signal);
      }
      if ("error" in said) throw refused(id, said.error);
      return said;
    },
    close: () => connection.close(),
  };
}

/** Whether etcd says that it did not do it; anything else that it says leaves a doubt. */
function isRefusal({ code, message }: EtcdError): boolean {
  return Object.values(grpc).includes(code) || isAboutLogin(message);
}

function isAboutLogin(message: string): boolean {
  return staleToken.test(message) || unknownUser.test(message);
}

function refused(id: string, { code, message }: EtcdError): Failure {
  const isLogin =
    code === grpc.unauthenticated || code === grpc.permissionDenied || isAboutLogin(message);
  const words = message.replace(/[^\x20-\x7e]+/g, " ").slice(0, 200);
  return isLogin
    ? new Failure("WitnessUnauthorized", `${id} does not let us: ${words}`, { where: id })
    : new Failure("WitnessRefused", `${id} refuses the request: ${words}`, { where: id });
}

function originOf(endpoint: string, id: string): string {
  const url = URL.canParse(endpoint) ? new URL(endpoint) : undefined;
  const isWeb = url?.protocol === "http:" || url?.protocol === "https:";
  if (isWeb && url.href === `${url.origin}/`) return url.origin;
  const message = `an endpoint of ${id} is not http:// or https:// with a host and a port only`;
  throw new Failure("ConfigInvalid", message, { where: id });
}
