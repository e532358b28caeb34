/** One public resolver, and what it shows of a region: a signed answer to a question that was never asked before, or nothing. */
import { type KeyObject, randomBytes } from "node:crypto";
import type { DecodedPacket } from "dns-packet";
import type { DnsEndpoint } from "../../control/env.ts";
import {
  type Heartbeat,
  heartbeatName,
  parseHeartbeat,
} from "../../core/failover/heartbeat-text.ts";
import { assert } from "../../core/kernel/assert.ts";
import { type HttpsResolver, httpsResolver } from "../dns/ask-over-https.ts";
import { askOverTcp } from "../dns/ask-over-tcp.ts";
import { askOverUdp } from "../dns/ask-over-udp.ts";
import { makeQuestion, type Question } from "../dns/question.ts";
import { readAnswer } from "../dns/read-answer.ts";
import { isSignedBy } from "./heartbeat-keys.ts";
import { type Attempt, type Hedged, hedged } from "./hedged.ts";

export type ResolverAddress = {
  /** Asked over UDP and TCP. */
  readonly dns?: DnsEndpoint;
  /** The same resolver over HTTPS; `ca` in PEM where its certificate is of an authority of one's own. */
  readonly https?: { readonly url: string; readonly ca?: string };
};

/** Whose heartbeat is asked for, and the key that must have signed it. */
export type WatchedRegion = {
  readonly zone: string;
  readonly region: string;
  readonly group: string;
  /** Public. */
  readonly key: KeyObject;
};

export interface HeartbeatResolver {
  /** For messages. */
  readonly id: string;
  /** What it shows; `because` says for each transport why it proves nothing. Ends with the signal. */
  show(of: WatchedRegion, headStartMs: number, signal: AbortSignal): Promise<Hedged<Heartbeat>>;
  close(): void;
}

/** The resolver: UDP first, then TCP, then HTTPS, each with a head start before the next, with a nonce of its own each. */
export function heartbeatResolver({ dns, https }: ResolverAddress): HeartbeatResolver {
  const overHttps = https === undefined ? undefined : httpsResolver(https.url, https.ca);
  assert(dns !== undefined || overHttps !== undefined, "a resolver has an address");
  const ways = transportsOf(dns, overHttps);
  return {
    id: dns === undefined ? (https?.url ?? "") : `${dns.address}:${dns.port}`,
    show(of, headStartMs, signal) {
      const attempts = ways.map(
        ({ name, ask }): Attempt<Heartbeat> => ({
          name,
          async run(until) {
            const asked = heartbeatName({ nonce: randomBytes(16).toString("hex"), ...of });
            return provenBy(await ask(makeQuestion(asked, "TXT"), headStartMs, until), asked, of);
          },
        }),
      );
      return hedged(attempts, headStartMs, signal);
    },
    close: () => overHttps?.close(),
  };
}

type Transport = {
  readonly name: string;
  ask(question: Question, headStartMs: number, signal: AbortSignal): Promise<DecodedPacket>;
};

function transportsOf(
  dns: DnsEndpoint | undefined,
  overHttps: HttpsResolver | undefined,
): readonly Transport[] {
  const plain: readonly Transport[] =
    dns === undefined
      ? []
      : [
          {
            name: "UDP",
            async ask(question, headStartMs, signal) {
              // A lost datagram is asked for once more, and goes on being waited for while TCP is tried.
              const first = await askOverUdp(dns, question, headStartMs / 2, signal);
              const answer =
                first ?? (await askOverUdp(dns, question.again(), 4 * headStartMs, signal));
              if (answer === undefined) throw new Error("no answer");
              return answer.flag_tc ? askOverTcp(dns, question.again(), signal) : answer;
            },
          },
          {
            name: "TCP",
            ask: (question, _headStartMs, signal) => askOverTcp(dns, question, signal),
          },
        ];
  if (overHttps === undefined) return plain;
  return [
    ...plain,
    { name: "HTTPS", ask: (question, _headStartMs, signal) => overHttps.ask(question, signal) },
  ];
}

/** What the answer proves; throws when it is nothing. */
function provenBy(packet: DecodedPacket, asked: string, of: WatchedRegion): Heartbeat {
  const { rcode, records } = readAnswer(packet);
  if (rcode !== "NOERROR") throw new Error(rcode);
  const texts = records.filter(({ name, type }) => type === "TXT" && name === `${asked}.`);
  const [text, ...more] = texts.map(({ data }) => data);
  if (text === undefined || more.length > 0) throw new Error("not exactly one text");
  const sealed = parseHeartbeat(asked, text);
  if (!sealed.ok) throw new Error(sealed.because);
  const { heartbeat, signedText, signature } = sealed.value;
  if (!isSignedBy(signedText, signature, of.key))
    throw new Error("not signed by the region's key for this question");
  if (heartbeat.group !== of.group)
    throw new Error(`it is of the group ${heartbeat.group}, and not of ${of.group}`);
  return heartbeat;
}
