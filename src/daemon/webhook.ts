/**
 * `POST /v1/webhook/gitea`: a signed push wakes the reading of the source. The push is a hint and nothing more: what is
 * done comes from the repository itself, so a replayed, late, lost or invented push changes nothing (ADR 14).
 */
import { createHash } from "node:crypto";
import { Hono } from "hono";
import { z } from "zod";
import { Failure } from "../core/kernel/failure.ts";
import type { JsonObject } from "../core/kernel/json.ts";
import { claimedSignature, isSigned } from "./push-signature.ts";

export type Push = {
  readonly branch: string;
  /** Commit that the branch points to now, as the sender says. */
  readonly commit: string;
  /** SHA-256 of the body: a push that is sent again has the same. */
  readonly digest: string;
};

export type WebhookFacts = {
  /** Read at each push, so that a rotated secret is taken up; undefined when there is no webhook. */
  readonly readSecret: (() => Promise<string>) | undefined;
  readonly branch: string;
  /** Called for each push to the branch, before it is answered. */
  readonly onPush: (push: Push) => Promise<void>;
};

/** Gitea's payload of a large push is some 100 kB. */
const bodyBytesMax = 1024 * 1024;

const pushSchema = z.object({ ref: z.string().max(1_000), after: z.string().max(128).default("") });

/** The route, to be mounted at `/v1/webhook`. 202 means understood, also for a push that is of no interest. */
export function makeWebhookApp(facts: WebhookFacts): Hono {
  const app = new Hono();
  app.post("/gitea", async (context) => {
    const answer = await answerPush(facts, context.req.raw);
    if (!(answer instanceof Failure)) return context.json(answer, 202);
    return new Response(JSON.stringify({ error: answer.toJson() }), {
      status: answer.facts.httpStatus,
      headers: { "content-type": "application/json" },
    });
  });
  return app;
}

async function answerPush(facts: WebhookFacts, request: Request): Promise<JsonObject | Failure> {
  const { readSecret } = facts;
  if (readSecret === undefined) {
    return new Failure("NotFound", "no webhook is configured here", {
      remedy: "Name its secret under `webhook.secret` in the control configuration.",
    });
  }
  const claimed = claimedSignature({
    gitea: request.headers.get("x-gitea-signature") ?? undefined,
    hub: request.headers.get("x-hub-signature-256") ?? undefined,
  });
  if (claimed === undefined) {
    return new Failure("SignatureInvalid", "the push carries no signature", {
      field: "X-Gitea-Signature",
      remedy: "Give the webhook in Gitea the secret that the control configuration names.",
    });
  }
  const body = await readBody(request);
  if (body === undefined) {
    return new Failure("MessageTooLarge", `the push is larger than ${bodyBytesMax} bytes`, {
      remedy: "Nothing is lost: the poll reads the commits.",
    });
  }
  if (!isSigned(body, await readSecret(), claimed)) {
    return new Failure("SignatureInvalid", "the signature of the push is not right", {
      field: "X-Gitea-Signature",
    });
  }
  const payload = pushOf(body);
  if (payload instanceof Failure) return payload;
  if (payload.ref !== `refs/heads/${facts.branch}`) {
    return { read: false, because: `the source is the branch ${facts.branch}` };
  }
  const digest = createHash("sha256").update(body).digest("hex");
  await facts.onPush({ branch: facts.branch, commit: payload.after, digest });
  return { read: true, because: `the branch ${facts.branch} is read at once` };
}

/** The bytes as they came; undefined when there are too many, whatever the header says of their number. */
async function readBody(request: Request): Promise<Buffer | undefined> {
  if (Number(request.headers.get("content-length") ?? 0) > bodyBytesMax) return undefined;
  const parts: Uint8Array[] = [];
  let bytes = 0;
  if (request.body !== null) {
    for await (const part of request.body) {
      bytes += part.byteLength;
      if (bytes > bodyBytesMax) return undefined;
      parts.push(part);
    }
  }
  return Buffer.concat(parts);
}

/** The push in a body whose signature is right; other events of Gitea have no `ref` of a branch. */
function pushOf(body: Buffer): z.infer<typeof pushSchema> | Failure {
  let value: unknown;
  try {
    value = JSON.parse(body.toString("utf8"));
  } catch {
    return new Failure("UsageInvalid", "the push is not JSON", {
      remedy: "Set the webhook's content type to application/json in Gitea.",
    });
  }
  const parsed = pushSchema.safeParse(value);
  return parsed.success ? parsed.data : { ref: "", after: "" };
}
