/** The texts of TLS files that a database's client is given, read at each use so that renewed ones count. */
import { readFile } from "node:fs/promises";
import { Failure } from "../core/kernel/failure.ts";

/** Paths of PEM files. */
export type TlsPaths = {
  readonly ca?: string;
  readonly certificate?: string;
  readonly key?: string;
};

/** Fails with CredentialUnreadable. */
export async function readTls(
  tls: TlsPaths,
): Promise<{ ca?: string; cert?: string; key?: string }> {
  const read = async (path: string | undefined): Promise<string | undefined> => {
    if (path === undefined) return undefined;
    return readFile(path, "utf8").catch((cause: unknown) => {
      throw new Failure("CredentialUnreadable", "a TLS file can not be read", {
        where: path,
        cause,
      });
    });
  };
  const [ca, cert, key] = await Promise.all([read(tls.ca), read(tls.certificate), read(tls.key)]);
  return {
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
  };
}
