/** What a person of the sandbox signed with their SSH key, sent to the agent of a region over TLS. */
import { readFile } from "node:fs/promises";
import { request } from "node:https";
import { signWithSsh } from "../../adapters/people/ssh-signature.ts";
import { Failure } from "../../core/kernel/failure.ts";
import { sandboxKeys } from "../keys.ts";
import { ledger, type SandboxLayout } from "../layout.ts";

const limitMs = 15_000;

export type Letter = {
  /** Whose key signs it. */
  readonly person: string;
  /** Cluster of the agent that is told. */
  readonly region: string;
  readonly text: string;
  readonly namespace: string;
  /** What it is, for its refusal: `the switchover`. */
  readonly what: string;
};

/** Fails with OrderRefused and the agent's words, AgentUnreachable, or NotFound. */
export async function sendSigned(
  layout: SandboxLayout,
  { person, region, text, namespace, what }: Letter,
): Promise<void> {
  const keys = sandboxKeys(layout);
  const signature = await signWithSsh({ text, namespace, keyFile: keys.personOf(person) });
  const endpoint = layout.regions.find(({ cluster }) => cluster === region)?.agent.api;
  if (endpoint === undefined) throw new Failure("NotFound", `There is no region ${region}.`);
  const { status, body } = await post({
    host: endpoint.address,
    port: endpoint.port,
    path: `/v1/groups/${ledger.group}/orders`,
    servername: region,
    ca: await readFile(keys.ca, "utf8"),
    body: JSON.stringify({ text, signature }),
  });
  if (status !== 200)
    throw new Failure(
      "OrderRefused",
      `The agent of ${region} refused ${what}: ${saidBecause(body)}.`,
      { where: region },
    );
}

type Posting = {
  readonly host: string;
  readonly port: number;
  readonly path: string;
  readonly servername: string;
  readonly ca: string;
  readonly body: string;
};

function post({
  body,
  ...where
}: Posting): Promise<{ readonly status: number; readonly body: string }> {
  return new Promise((resolve, reject) => {
    const fail = (thrown: Error): void =>
      reject(
        new Failure("AgentUnreachable", `The agent does not take the order: ${thrown.message}.`, {
          where: where.servername,
          cause: thrown,
        }),
      );
    const outgoing = request({
      ...where,
      method: "POST",
      headers: { "content-type": "application/json" },
      signal: AbortSignal.timeout(limitMs),
      agent: false,
    });
    outgoing.on("error", fail);
    outgoing.on("response", (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (part: string) => {
        text += part;
      });
      response.on("error", fail);
      response.on("end", () => resolve({ status: response.statusCode ?? 0, body: text }));
    });
    outgoing.end(body);
  });
}

/** The agent's own sentence, or what it answered instead. */
function saidBecause(body: string): string {
  try {
    const { error } = JSON.parse(body) as { readonly error?: { readonly message?: unknown } }; // Looked at below.
    return typeof error?.message === "string"
      ? error.message.replace(/\.$/, "")
      : body.slice(0, 200);
  } catch {
    return body.slice(0, 200);
  }
}
