/** One question over HTTPS (RFC 8484): a POST of the bytes that would go over UDP. */
import { Agent, request } from "node:https";
import type { DecodedPacket } from "dns-packet";
import { Failure } from "../../core/kernel/failure.ts";
import type { Question } from "./question.ts";

export interface HttpsResolver {
  /** The answer; rejects when there is none, it is to something else, or the signal is given. */
  ask(question: Question, signal: AbortSignal): Promise<DecodedPacket>;
  /** Ends the connections that are kept open. */
  close(): void;
}

const answerBytesMax = 16 * 1024;

/** The resolver at a URL such as `https://dns.google/dns-query`; `ca` is a bundle in PEM, for one of our own. Fails with ConfigInvalid. */
export function httpsResolver(url: string, ca?: string): HttpsResolver {
  const target = URL.canParse(url) ? new URL(url) : undefined;
  if (target?.protocol !== "https:" || target.username !== "" || target.password !== "") {
    throw new Failure("ConfigInvalid", "a resolver's URL is not https:// without credentials", {
      where: url.slice(0, 200),
      field: "heartbeat.dohResolvers",
    });
  }
  const agent = new Agent({ keepAlive: true, maxSockets: 8, ...(ca === undefined ? {} : { ca }) });
  const type = "application/dns-message";
  return {
    ask: (question, signal) =>
      new Promise((resolve, reject) => {
        const headers = { "content-type": type, accept: type };
        const sent = request(target, { method: "POST", agent, headers, signal });
        sent.once("error", reject);
        sent.once("response", (response) => {
          const chunks: Buffer[] = [];
          let bytes = 0;
          response.once("error", reject);
          response.on("data", (chunk: Buffer) => {
            bytes += chunk.length;
            if (bytes <= answerBytesMax) chunks.push(chunk);
            else response.destroy(new Error("the answer is too long"));
          });
          response.once("end", () => {
            const { statusCode = 0, headers: given } = response;
            const isDns = statusCode === 200 && given["content-type"] === type;
            const answer = isDns ? question.answeredBy(Buffer.concat(chunks)) : undefined;
            if (answer !== undefined) resolve(answer);
            else reject(new Error(isDns ? "it answers something else" : `HTTP ${statusCode}`));
          });
        });
        sent.end(question.bytes);
      }),
    close: () => agent.destroy(),
  };
}
