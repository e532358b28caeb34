/** TSIG keys of a PowerDNS server (/tsigkeys). Replies carry the secret: it is compared here and goes no further. */
import { z } from "zod";
import type { Signal } from "../../control/env.ts";
import type { TsigState } from "../../core/dns/setup/facts.ts";
import { registerSecret } from "../secrets.ts";
import { readReply } from "./reply.ts";
import { type PowerDnsOptions, rest } from "./rest.ts";

export type TsigKey = {
  readonly name: string;
  /** Base64. */
  readonly secret: string;
};

/** The only algorithm that we write; RFC 8945 §6 requires it of everybody. */
export const tsigAlgorithm = "hmac-sha256";

const keySchema = z.object({ algorithm: z.string(), key: z.string() });

/** Whether the server knows the key, and with this secret. */
export async function tsigState(
  options: PowerDnsOptions,
  { name, secret }: TsigKey,
  signal?: Signal,
): Promise<TsigState> {
  registerSecret(secret);
  const { status, text } = await rest(
    options,
    { method: "GET", path: `/tsigkeys/${name}.`, signal },
    [404],
  );
  if (status === 404) return "absent";
  const { algorithm, key } = readReply(keySchema, text, options.id);
  registerSecret(key);
  return key === secret && algorithm === tsigAlgorithm ? "equal" : "different";
}

/** Writes the key, over the one that is there when `replace` is set. */
export async function writeTsigKey(
  options: PowerDnsOptions,
  { name, secret }: TsigKey,
  replace: boolean,
  signal?: Signal,
): Promise<void> {
  registerSecret(secret);
  const key = { name, algorithm: tsigAlgorithm, key: secret };
  const request = replace
    ? ({ method: "PUT", path: `/tsigkeys/${name}.`, body: key } as const)
    : ({ method: "POST", path: "/tsigkeys", body: key } as const);
  await rest(options, { ...request, signal });
}
