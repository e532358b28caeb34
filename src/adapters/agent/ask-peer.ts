/**
 * One request to the peer's agent, over TLS in which both show a certificate of the same authority (ADR 33). Its certificate has to say
 * the peer's cluster name, whatever the host in the URL is called.
 */
import { request } from "node:https";
import { Failure } from "../../core/kernel/failure.ts";
import { certificateName } from "./certificate-name.ts";
import type { TlsFiles } from "./tls-files.ts";

export type PeerRequest = {
  readonly peer: string;
  readonly files: TlsFiles;
  /** A POST of JSON; absent: a GET. */
  readonly body?: string;
  /** Longest answer that is read. */
  readonly answerBytesMax: number;
  readonly signal: AbortSignal;
};

export type PeerAnswer = { readonly status: number; readonly text: string };

/** The answer, whatever its status. A connection is made for it alone, so that a renewed certificate counts at once. */
export function askPeer(
  target: URL,
  { peer, files, body, answerBytesMax, signal }: PeerRequest,
): Promise<PeerAnswer> {
  const { certificate, key, ca } = files;
  const headers =
    body === undefined
      ? {}
      : { "content-type": "application/json", "content-length": Buffer.byteLength(body) };
  return new Promise((resolve, reject) => {
    const sent = request(target, {
      method: body === undefined ? "GET" : "POST",
      agent: false,
      servername: peer,
      ca,
      cert: certificate,
      key,
      minVersion: "TLSv1.3",
      checkServerIdentity: (_host, { subjectaltname }) =>
        certificateName(subjectaltname) === peer ? undefined : notThePeer(peer, subjectaltname),
      headers,
      signal,
    });
    sent.once("error", reject);
    sent.once("response", (response) => {
      const chunks: Buffer[] = [];
      let bytes = 0;
      response.on("data", (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes <= answerBytesMax) chunks.push(chunk);
        else response.destroy(new Error("the peer's answer has no end"));
      });
      response.once("error", reject);
      response.once("end", () =>
        resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString() }),
      );
    });
    sent.end(body);
  });
}

function notThePeer(peer: string, subjectaltname: string | undefined): Failure {
  const shown = certificateName(subjectaltname);
  const whose =
    shown === undefined ? "the certificate of no region" : `the certificate of ${shown}`;
  return new Failure("PeerRefused", `who answers there shows ${whose}, and ${peer} is expected`);
}
