/** What every data service's address in agent.yaml has: a host, a password that is read at each use, and TLS wherever it is not on loopback. */
import { resolve } from "node:path";
import { z } from "zod";
import { isLoopback } from "../../adapters/loopback.ts";
import type { TlsPaths } from "../../adapters/tls-texts.ts";
import { Failure } from "../../core/kernel/failure.ts";
import { readCredential } from "../credential.ts";

const path = z.string().min(1);
const exactlyOne = (value: object): boolean =>
  Object.values(value).filter((part) => part !== undefined).length === 1;

export const serverShape = {
  host: z.string().min(1).max(253),
  password: z
    .strictObject({ file: path.optional(), env: z.string().min(1).optional() })
    .refine(exactlyOne, "exactly one of `file` and `env`"),
  /** Without it the server has to be on loopback. */
  tls: z
    .strictObject({ ca: path.optional(), certificate: path.optional(), key: path.optional() })
    .optional(),
};

const serverSchema = z.strictObject(serverShape);

/** The name of a user or a database. */
export const serverWord = z.string().regex(/^[A-Za-z_][A-Za-z0-9_-]{0,62}$/);

export type ServerWords = {
  /** Name of the service in the group. */
  readonly name: string;
  /** Folder of agent.yaml, from which relative paths count. */
  readonly folder: string;
  /** Where the address stands: `services.db.postgresql.peer`. */
  readonly field: string;
  readonly product: "PostgreSQL" | "Valkey";
  /** How to give it TLS. */
  readonly remedy: string;
};

export type ServerAccess = {
  readonly host: string;
  readonly readPassword: () => Promise<string>;
  readonly tls: "off" | TlsPaths;
};

/** How the server is reached. Fails with ConfigInvalid for one elsewhere without TLS. */
export function serverAccess(
  { host, password, tls }: z.infer<typeof serverSchema>,
  { name, folder, field, product, remedy }: ServerWords,
): ServerAccess {
  const at = (file: string): string => resolve(folder, file);
  if (tls === undefined && !isLoopback(host)) {
    throw new Failure("ConfigInvalid", `${product} at ${host} is elsewhere and has no tls`, {
      field: `${field}.tls`,
      remedy,
    });
  }
  const ref = password.file === undefined ? password : { file: at(password.file) };
  return {
    host,
    readPassword: () =>
      readCredential(ref, `the password of ${name} at ${host}`, `${field}.password`),
    tls:
      tls === undefined
        ? "off"
        : {
            ...(tls.ca === undefined ? {} : { ca: at(tls.ca) }),
            ...(tls.certificate === undefined ? {} : { certificate: at(tls.certificate) }),
            ...(tls.key === undefined ? {} : { key: at(tls.key) }),
          },
  };
}
