/**
 * Questions to one name server or recursor, over UDP with TCP after truncation (RFC 1035 §4.2), wire format by
 * dns-packet. Every question has a socket of its own, so a new random port, and a random id; answers from elsewhere,
 * with another id or to another question are not listened to (RFC 5452 §4). EDNS only to tell a client's subnet.
 */
import type { DnsClient, DnsEndpoint, Signal } from "../control/env.ts";
import type { DnsAnswer } from "../core/dns/model.ts";
import { Failure } from "../core/kernel/failure.ts";
import { askOverTcp } from "./dns/ask-over-tcp.ts";
import { askOverUdp } from "./dns/ask-over-udp.ts";
import { makeQuestion, type Question } from "./dns/question.ts";
import { readAnswer } from "./dns/read-answer.ts";

export type DnsClientOptions = {
  /** Limit of a whole query: the first packet waits half of it, its one repetition and TCP the rest. */
  readonly timeoutMs: number;
  /** Subnet of the client in whose name everything is asked, such as `80.81.82.0/24` (RFC 7871). */
  readonly ecs?: string;
};

/** A client; its queries fail with TimedOut, NameServerUnreachable, Cancelled or NameInvalid. */
export function udpDnsClient({ timeoutMs, ecs }: DnsClientOptions): DnsClient {
  return {
    async query(server, name, type, signal) {
      const limit = limitOf(timeoutMs, signal);
      try {
        return await ask(server, makeQuestion(name, type, ecs), timeoutMs, limit.signal);
      } catch (thrown) {
        const asked = `${name} ${type} at ${server.address} port ${server.port}`;
        if (signal?.aborted === true) {
          throw new Failure("Cancelled", "the query was stopped", { where: asked, cause: thrown });
        }
        if (limit.signal.aborted) {
          const message = `no answer within ${timeoutMs} ms`;
          throw new Failure("TimedOut", message, { where: asked, cause: thrown });
        }
        if (thrown instanceof Failure) throw thrown;
        const why = thrown instanceof Error ? thrown.message : String(thrown);
        throw new Failure("NameServerUnreachable", `the server can not be asked: ${why}`, {
          where: asked,
          remedy: "Check that the server runs and listens on that address and port.",
          cause: thrown,
        });
      } finally {
        limit.end();
      }
    },
  };
}

async function ask(
  server: DnsEndpoint,
  question: Question,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<DnsAnswer> {
  const first = await askOverUdp(server, question, timeoutMs / 2, signal);
  const reply = first ?? (await askOverUdp(server, question.again(), timeoutMs, signal));
  if (reply === undefined) throw new Failure("TimedOut", "no answer"); // The caller's limit says so before.
  return readAnswer(reply.flag_tc ? await askOverTcp(server, question.again(), signal) : reply);
}

/** A real AbortSignal for Node's sockets, given at the limit or with the caller's signal. */
function limitOf(timeoutMs: number, signal: Signal | undefined) {
  const abort = new AbortController();
  const give = (): void => abort.abort();
  const timer = setTimeout(give, timeoutMs);
  if (signal?.aborted === true) give();
  signal?.addEventListener("abort", give, { once: true });
  return {
    signal: abort.signal,
    end(): void {
      clearTimeout(timer);
      signal?.removeEventListener("abort", give);
    },
  };
}
