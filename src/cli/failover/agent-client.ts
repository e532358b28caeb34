/**
 * One region's agent over HTTPS, as people ask it. With `--ca` an agent is believed by the name in its certificate, which is its
 * cluster, and not by its address: at three in the morning one uses whatever address answers.
 */
import { request as httpRequest, type IncomingMessage } from "node:http";
import { request as httpsRequest, type RequestOptions } from "node:https";
import { TLSSocket } from "node:tls";
import { type PeopleReport, readPeopleReport } from "../../core/failover/people-report.ts";
import { type Code, codes } from "../../core/kernel/codes.ts";
import { Failure } from "../../core/kernel/failure.ts";
import type { RuleResult } from "../../core/kernel/verdict.ts";
import { printable } from "../../core/resources/document.ts";
import type { AgentAddress, Settings } from "./settings.ts";

export type SignedText = { readonly text: string; readonly signature: string };

/** What an agent answered to an order. */
export type OrderAnswer =
  | { readonly accepted: true; readonly because: string }
  | {
      readonly accepted: false;
      readonly failure: Failure;
      /** Every rule, as far as the agent said. */
      readonly trace: readonly RuleResult[];
    };

export type AgentClient = {
  readonly address: AgentAddress;
  /** Fails with AgentUnreachable, AgentUntrusted or Cancelled. */
  report(signal: AbortSignal): Promise<PeopleReport>;
  /** Sends a signed order or approval to the agent of this cluster. Fails as `report` does. */
  submit(
    to: { readonly cluster: string; readonly group: string },
    signed: SignedText,
    signal: AbortSignal,
  ): Promise<OrderAnswer>;
};

type Answer = {
  readonly status: number;
  readonly json: unknown;
  /** DNS names in the certificate; undefined without TLS, or where the address was verified. */
  readonly names: readonly string[] | undefined;
};

const bytesMax = 1_048_576;

/** The agent at an address; nothing is asked before it is. */
export function agentClient(address: AgentAddress, settings: Settings): AgentClient {
  const where = address.cluster === null ? address.url : `${address.cluster} at ${address.url}`;
  const exchange = async (
    path: string,
    body: string | undefined,
    signal: AbortSignal,
  ): Promise<Answer> => {
    const limit = AbortSignal.timeout(settings.timeoutMs);
    try {
      return await send(`${address.url}${path}`, {
        body,
        ca: settings.ca,
        signal: AbortSignal.any([signal, limit]),
      });
    } catch (thrown) {
      if (signal.aborted) throw new Failure("Cancelled", "it was stopped", { where });
      if (limit.aborted) {
        const message = `the agent did not answer within ${settings.timeoutMs} ms`;
        throw new Failure("AgentUnreachable", message, { where, cause: thrown });
      }
      throw failureOf(thrown, where);
    }
  };
  return {
    address,
    async report(signal) {
      const { status, json, names } = await exchange("/v1/status", undefined, signal);
      if (status !== 200) throw notAnAgent(where, `it answers HTTP ${status}`);
      const read = readPeopleReport(json);
      if (!read.ok) throw notAnAgent(where, `its report is not right: ${read.because}`);
      const { cluster } = read.value;
      checkName(names, cluster, where);
      if (address.cluster !== null && address.cluster !== cluster) {
        throw new Failure("AgentUntrusted", `it says that it is of ${cluster}`, { where });
      }
      return read.value;
    },
    async submit({ cluster, group }, signed, signal) {
      const path = `/v1/groups/${encodeURIComponent(group)}/orders`;
      const answer = await exchange(path, JSON.stringify(signed), signal);
      checkName(answer.names, cluster, where);
      return orderAnswer(answer, where);
    },
  };
}

/** Fails with AgentUntrusted when the certificate is of another cluster. */
function checkName(names: readonly string[] | undefined, cluster: string, where: string): void {
  if (names === undefined || names.includes(cluster)) return;
  const message = `its certificate is of ${names.join(", ") || "nobody"}, and not of ${cluster}`;
  throw new Failure("AgentUntrusted", message, { where });
}

type Sending = {
  readonly body: string | undefined;
  readonly ca: string | undefined;
  readonly signal: AbortSignal;
};

function send(url: string, { body, ca, signal }: Sending): Promise<Answer> {
  const isTls = url.startsWith("https:");
  const headers = {
    accept: "application/json",
    ...(body === undefined
      ? {}
      : { "content-type": "application/json", "content-length": Buffer.byteLength(body) }),
  };
  const options: RequestOptions = {
    method: body === undefined ? "GET" : "POST",
    headers,
    signal,
    agent: false,
    // By our own authority names are compared afterwards, with what the agent says it is.
    ...(isTls && ca !== undefined ? { ca, checkServerIdentity: () => undefined } : {}),
  };
  const request = isTls ? httpsRequest : httpRequest;
  return new Promise((resolve, reject) => {
    const sent = request(url, options, (response) => {
      const names = isTls && ca !== undefined ? namesIn(response) : undefined;
      readJson(response).then(
        (json) => resolve({ status: response.statusCode ?? 0, json, names }),
        reject,
      );
    });
    sent.once("error", reject);
    sent.end(body);
  });
}

function namesIn({ socket }: IncomingMessage): readonly string[] {
  if (!(socket instanceof TLSSocket)) return [];
  const names = socket.getPeerCertificate().subjectaltname ?? "";
  return names.split(", ").flatMap((name) => (name.startsWith("DNS:") ? [name.slice(4)] : []));
}

async function readJson(response: IncomingMessage): Promise<unknown> {
  const parts: Buffer[] = [];
  let bytes = 0;
  // Without an encoding a response gives buffers.
  for await (const part of response as AsyncIterable<Buffer>) {
    bytes += part.length;
    if (bytes > bytesMax) throw new Error(`the answer is larger than ${bytesMax} bytes`);
    parts.push(part);
  }
  const text = Buffer.concat(parts).toString("utf8");
  try {
    // What others wrote is shown on a terminal: no sentence of theirs may command it.
    return JSON.parse(text, (_key, value: unknown) =>
      typeof value === "string" ? printable(value) : value,
    ) as unknown;
  } catch {
    return undefined;
  }
}

/** Complaints of TLS about a certificate that is not believed. */
const distrust =
  /^(?:DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_VERIFY_LEAF_SIGNATURE|UNABLE_TO_GET_ISSUER_CERT(?:_LOCALLY)?|CERT_\w+|ERR_TLS_CERT_ALTNAME_INVALID|INVALID_CA|ERR_OSSL_\w+)$/;

function failureOf(thrown: unknown, where: string): Failure {
  const code = thrown instanceof Error && "code" in thrown ? String(thrown.code) : "";
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  if (distrust.test(code)) {
    const words = `its certificate is not believed: ${message}`;
    return new Failure("AgentUntrusted", words, { where, cause: thrown });
  }
  const because = code === "" ? message : code;
  return new Failure("AgentUnreachable", `the agent can not be reached: ${because}`, {
    where,
    cause: thrown,
  });
}

function notAnAgent(where: string, because: string): Failure {
  return new Failure(
    "AgentUnreachable",
    `what answers there is no agent that this program knows: ${because}`,
    {
      where,
      remedy: "Check the address; an agent and this program should be of the same version.",
    },
  );
}

function orderAnswer({ status, json }: Answer, where: string): OrderAnswer {
  const said = fieldsOf(json);
  if (status === 200 && said["accepted"] === true) {
    return { accepted: true, because: textOf(said["because"]) };
  }
  if (status === 404) {
    const message = "this address takes no orders for the group";
    const remedy =
      "Give the address of the agent's API (`api` in agent.yaml), not of its health path.";
    return {
      accepted: false,
      failure: new Failure("NotFound", message, { where, remedy }),
      trace: [],
    };
  }
  const error = fieldsOf(said["error"]);
  const code = codeOf(error["code"]);
  const message = textOf(error["message"]) || `the agent answers HTTP ${status}`;
  const remedy = textOf(error["remedy"]) || codes[code].remedy;
  return {
    accepted: false,
    failure: new Failure(code, message, { where, remedy }),
    trace: traceOf(said["trace"]),
  };
}

function fieldsOf(json: unknown): Readonly<Record<string, unknown>> {
  return typeof json === "object" && json !== null && !Array.isArray(json) ? { ...json } : {};
}

function textOf(json: unknown): string {
  return typeof json === "string" ? json.slice(0, 2_000) : "";
}

function codeOf(json: unknown): Code {
  const known = (Object.keys(codes) as Code[]).find((code) => code === json); // The table's own keys.
  return known ?? "Unexpected";
}

function traceOf(json: unknown): readonly RuleResult[] {
  if (!Array.isArray(json)) return [];
  return json.slice(0, 64).flatMap((one: unknown): readonly RuleResult[] => {
    const { rule, outcome, because } = fieldsOf(one);
    const isOutcome = outcome === "passed" || outcome === "failed" || outcome === "notApplicable";
    return isOutcome ? [{ rule: textOf(rule), outcome, because: textOf(because) }] : [];
  });
}
