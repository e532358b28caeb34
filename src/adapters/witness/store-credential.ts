/**
 * The credential for an etcd or a PostgreSQL that keeps leases: who logs in, and the certificate that is presented. It stands
 * in a file of its own as JSON, never in a document; the worker's is that of `core/lease/protocol-credentials.ts`.
 */

import { readFile } from "node:fs/promises";
import { isAbsolute } from "node:path";
import { z } from "zod";
import { Failure } from "../../core/kernel/failure.ts";
import { parseJson } from "../../core/kernel/json.ts";
import { isHolderName } from "../../core/lease/protocol.ts";
import { registerSecret } from "../secrets.ts";

const path = z.string().refine(isAbsolute);
const text = z.string().min(1).max(1_000);

const credentialSchema = z
  .strictObject({
    holder: z.string().refine(isHolderName).nullable().default(null),
    user: text.optional(),
    password: text.optional(),
    certificate: path.optional(),
    key: path.optional(),
  })
  .refine(({ user, password }) => user !== undefined || password === undefined)
  .refine(({ certificate, key }) => (certificate === undefined) === (key === undefined));

export type StoreCredential = {
  /** Cluster that it belongs to; null when it does not say. The store does not hold anybody to it. */
  readonly holder: string | null;
  readonly user: string | undefined;
  readonly password: string | undefined;
  /** Paths of PEM files, from the root on. */
  readonly certificate: string | undefined;
  readonly key: string | undefined;
};

/** The credential out of its JSON; fails with CredentialUnreadable, which never quotes what it found. */
export function parseStoreCredential(json: string, id: string): StoreCredential {
  const parsed = credentialSchema.safeParse(parseJson(json));
  if (!parsed.success) {
    const at = parsed.error.issues[0]?.path.join(".") ?? "";
    const where = at === "" ? "" : `: it is wrong at ${at}`;
    throw new Failure("CredentialUnreadable", `the credential for ${id} is not one${where}`, {
      where: id,
      remedy:
        "It is JSON with user and password, or certificate and key (paths from the root on), or both; see docs/guides/witness-backends.md.",
    });
  }
  const { holder, user, password, certificate, key } = parsed.data;
  if (password !== undefined) registerSecret(password);
  return { holder, user, password, certificate, key };
}

/** What a store is told at the door, in PEM. */
export type StoreTls = { readonly ca?: string; readonly cert?: string; readonly key?: string };

/** The texts of the certificate and its key; nothing when the credential has none. Fails with CredentialUnreadable. */
export async function readCertificate(credential: StoreCredential, id: string): Promise<StoreTls> {
  const { certificate, key } = credential;
  if (certificate === undefined || key === undefined) return {};
  const read = (file: string): Promise<string> =>
    readFile(file, "utf8").catch((cause: unknown) => {
      const message = `a file that the credential for ${id} names can not be read`;
      throw new Failure("CredentialUnreadable", message, { where: file, cause });
    });
  const [cert, secret] = await Promise.all([read(certificate), read(key)]);
  registerSecret(secret);
  return { cert, key: secret };
}
