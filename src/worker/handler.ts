/**
 * The witness over HTTP: what is asked, by whom, and whether they may. The same code in the Durable Object's Worker and in
 * the Node host; only the slots below it differ. Nothing of a note is looked at.
 */
import {
  bodyBytesMax,
  parseWitnessPath,
  supportedVersions,
  type WitnessRoute,
} from "../core/lease/protocol.ts";
import { coversSlot, type WitnessCredential } from "../core/lease/protocol-credentials.ts";
import { answerBody, viewBody, viewBodyV1 } from "../core/lease/protocol-reply.ts";
import { parseRequest } from "../core/lease/protocol-request.ts";
import { makeAuthenticate } from "./authenticate.ts";
import { answer, problem, refusal } from "./problem.ts";
import type { Slots } from "./slots.ts";

export type HandlerFacts = {
  readonly slots: Slots;
  readonly credentials: readonly WitnessCredential[];
  /** Wall clock: what signatures are held against. */
  readonly wallMs: () => number;
  /** What `/healthz` says to everybody; undefined where every request counts, and there is no such path. */
  readonly health: string | undefined;
  /** Told of what failed inside; the caller is told nothing of it. */
  readonly onFailure: (thrown: unknown) => void;
};

export type Handler = (request: Request) => Promise<Response>;

type LeaseRoute = Extract<WitnessRoute, { kind: "lease" | "history" }>;

/** A slot of the witness's own that is only ever read. */
const healthSlot = "healthz";

/** Answers every request and throws nothing; what fails inside is 503 and was done or not. */
export function makeHandler(facts: HandlerFacts): Handler {
  const authenticate = makeAuthenticate(facts.credentials);
  return async (request) => {
    const { pathname, search } = new URL(request.url);
    const route = parseWitnessPath(pathname);
    const { method } = request;
    if (route.kind === "nothing" || search !== "") {
      return problem("NotFound", "There is nothing at this path.");
    }
    if (route.kind === "version") return unsupported(`The version ${route.version}`);
    if (!isTaken(method, route)) {
      return problem("MethodNotAllowed", `${allowed(route)} can be asked here.`);
    }
    if (route.kind === "health") return answerHealth(facts);
    const body = method === "POST" ? await readBody(request) : "";
    if (body === undefined) {
      return problem("BodyTooLarge", `A body has at most ${bodyBytesMax} bytes.`);
    }
    const nowMs = facts.wallMs();
    const header = request.headers.get("authorization");
    const caller = await authenticate(header, { method, path: pathname, body }, nowMs);
    if (caller.kind === "refused") {
      return problem("CredentialRefused", "The request is not signed by a credential known here.");
    }
    if (caller.kind === "clock") {
      const detail = "The time in the signature is too far from the time here.";
      return problem("ClockOutside", detail, { serverNowMs: nowMs });
    }
    const { credential } = caller;
    if (!coversSlot(credential, route.slot)) {
      return problem("NotPermitted", `The credential ${credential.id} does not cover this slot.`);
    }
    try {
      return method === "POST"
        ? await ask(facts, route, credential, body)
        : await read(facts, route);
    } catch (thrown) {
      return storeUnavailable(facts, thrown);
    }
  };
}

function storeUnavailable({ onFailure }: HandlerFacts, thrown: unknown): Response {
  onFailure(thrown);
  return problem("StoreUnavailable", "The store could not be asked; ask again with the same id.");
}

function unsupported(what: string): Response {
  const { read, write } = supportedVersions;
  const detail = `${what} is not spoken here; reads are taken as ${read.join(" and ")}, writes as ${write.join(" and ")}.`;
  return problem("VersionUnsupported", detail, { supported: { read, write } });
}

const allowed = (route: WitnessRoute): string => (route.kind === "lease" ? "GET and POST" : "GET");

function isTaken(method: string, route: WitnessRoute): boolean {
  return method === "GET" || (method === "POST" && route.kind === "lease");
}

async function answerHealth(facts: HandlerFacts): Promise<Response> {
  const { health, slots } = facts;
  if (health === undefined) return problem("NotFound", "There is nothing at this path.");
  try {
    await slots.read(healthSlot);
    return answer({ ok: true, health, versions: supportedVersions });
  } catch (thrown) {
    return storeUnavailable(facts, thrown);
  }
}

async function read({ slots, wallMs }: HandlerFacts, route: LeaseRoute): Promise<Response> {
  if (route.kind === "history") {
    const grants = await slots.history(route.slot);
    return answer({ grants: grants.map((grant) => ({ ...grant })), serverNowMs: wallMs() });
  }
  const view = await slots.read(route.slot);
  return answer((route.version === "v1" ? viewBodyV1 : viewBody)(view, wallMs()));
}

async function ask(
  { slots, wallMs }: HandlerFacts,
  route: LeaseRoute,
  credential: WitnessCredential,
  body: string,
): Promise<Response> {
  if (route.kind === "lease" && route.version === "v1") return unsupported("A write of v1");
  const parsed = parseRequest(route.slot, body);
  if (!parsed.ok) return problem("RequestInvalid", parsed.because);
  const { request } = parsed;
  if (credential.holder !== request.holder) {
    const detail = `The credential ${credential.id} may not act for this holder.`;
    return problem("NotPermitted", detail);
  }
  const done = await slots.ask(route.slot, request);
  const wire = answerBody(done, wallMs());
  return done.reply.ok ? answer(wire) : refusal(done.reply.code, wire);
}

/** The text of a body; undefined when it is longer than any that is taken, whatever its header says. */
async function readBody(request: Request): Promise<string | undefined> {
  if (request.body === null) return "";
  const parts: Uint8Array[] = [];
  let bytes = 0;
  const reader = request.body.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    bytes += value.byteLength;
    if (bytes > bodyBytesMax) {
      await reader.cancel();
      return undefined;
    }
    parts.push(value);
  }
  const whole = new Uint8Array(bytes);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.byteLength;
  }
  return new TextDecoder().decode(whole);
}
