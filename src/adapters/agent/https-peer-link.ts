/**
 * The direct way to the peer's agent: one POST for each message, over TLS in which both show a certificate of the same authority
 * (DESIGN §2, ADR 33). A message is sent at most once; the agents say again what they still mean. A connection is made for each, so that
 * nothing is lost to one that was closed meanwhile.
 */
import { setMaxListeners } from "node:events";
import type { Signal } from "../../control/env.ts";
import type { PeerLink } from "../../control/failover/ports.ts";
import type { PeerMessage } from "../../core/failover/message.ts";
import { peerMessageText, readPeerMessage } from "../../core/failover/peer-message-text.ts";
import { Failure } from "../../core/kernel/failure.ts";
import { bounded } from "../bounded.ts";
import { askPeer } from "./ask-peer.ts";
import { checkCertificateOf } from "./certificate-name.ts";
import { listeners } from "./listeners.ts";
import type { TlsFiles } from "./tls-files.ts";

export type HttpsPeerLinkOptions = {
  /** Cluster name of this region, as its certificate says. */
  readonly self: string;
  /** Cluster name of the other, which its certificate has to say, whatever the host in `url` is called. */
  readonly peer: string;
  readonly group: string;
  /** `https://host:port` of the peer's agent. */
  readonly url: string;
  /** Asked for before each message. */
  readonly tls: () => Promise<TlsFiles>;
  /** Limit of one message, its connection included. */
  readonly timeoutMs: number;
};

export type HttpsPeerLink = PeerLink & {
  /** Gives a message that the listener of this agent received from the peer to whoever listens; false when it is none. */
  receive(json: unknown): boolean;
  /** Ends what is on its way; what is sent afterwards fails. */
  close(): void;
};

/** Messages on their way at one time; one more fails. An agent means a handful at once at most. */
const sendingMax = 16;
/** What is read of the peer's words when it refuses. */
const wordsBytesMax = 4_096;

/** The link; nothing is opened before the first message. Fails with ConfigInvalid when the URL is none. */
export function httpsPeerLink(options: HttpsPeerLinkOptions): HttpsPeerLink {
  const target = targetOf(options);
  const heard = listeners<PeerMessage>();
  const closing = new AbortController();
  setMaxListeners(0, closing.signal); // One for each message on its way.
  let sending = 0;
  return {
    async send(message, signal) {
      if (sending >= sendingMax) {
        const words = `${sendingMax} messages to it are on their way already`;
        throw new Failure("PeerUnreachable", words, { where: target.href });
      }
      sending += 1;
      const limit = bounded(options.timeoutMs, signal, closing.signal);
      try {
        await post(options, target, peerMessageText(message), limit.signal);
      } catch (thrown) {
        throw failureOf(thrown, target, limit.isLate() ? options.timeoutMs : undefined, signal);
      } finally {
        limit.end();
        sending -= 1;
      }
    },
    listen: heard.listen,
    receive(json) {
      const message = readPeerMessage(json);
      if (message === undefined) return false;
      heard.tell(message);
      return true;
    },
    close: () => closing.abort(),
  };
}

function targetOf({ url, group }: HttpsPeerLinkOptions): URL {
  const base = URL.canParse(url) ? new URL(url) : undefined;
  if (base?.protocol === "https:" && base.href === `${base.origin}/`) {
    return new URL(`/v1/groups/${encodeURIComponent(group)}/peer`, base);
  }
  throw new Failure("ConfigInvalid", "the peer's URL is not https:// with a host and a port only", {
    where: url.slice(0, 200),
    field: "peer.url",
  });
}

async function post(
  { self, peer, tls }: HttpsPeerLinkOptions,
  target: URL,
  body: string,
  signal: AbortSignal,
): Promise<void> {
  const files = await tls();
  checkCertificateOf(self, files.certificate);
  signal.throwIfAborted();
  const request = { peer, files, body, answerBytesMax: wordsBytesMax, signal };
  const { status, text } = await askPeer(target, request);
  if (status === 204) return;
  const code = status >= 400 && status < 500 ? "PeerRefused" : "PeerUnreachable";
  throw new Failure(code, `the peer's agent answered ${status}: ${reasonIn(text)}`, {
    where: target.href,
  });
}

/** What went wrong in the peer's own words, made fit to be shown. */
function reasonIn(words: string): string {
  const message = /"message":"((?:[^"\\]|\\.){1,300})"/.exec(words)?.[1] ?? words.slice(0, 300);
  return message.replaceAll(/[^ -~]/g, " ").trim() || "no reason given";
}

function failureOf(
  thrown: unknown,
  target: URL,
  lateMs: number | undefined,
  signal: Signal | undefined,
): Failure {
  const details = { where: target.href, cause: thrown };
  if (lateMs !== undefined) {
    const message = `the peer's agent did not answer within ${lateMs} ms`;
    return new Failure("PeerUnreachable", message, details);
  }
  if (thrown instanceof Failure) return thrown;
  if (signal?.aborted === true)
    return new Failure("Cancelled", "the message is no longer meant", details);
  const code = thrown instanceof Error && "code" in thrown ? String(thrown.code) : "";
  const words = code || (thrown instanceof Error ? thrown.message : String(thrown));
  // OpenSSL's codes of a certificate that the authority did not sign, or not for now.
  const isRefusal = /CERT|SIGNATURE|ISSUER/.test(code);
  return isRefusal
    ? new Failure("PeerRefused", `who answers there is not trusted (${words})`, details)
    : new Failure("PeerUnreachable", `the peer's agent can not be reached (${words})`, details);
}
