/** Certificate, key and authority of an agent, as PEM files that whoever renews them replaces while the agent runs. */
import { readFile } from "node:fs/promises";
import { createSecureContext } from "node:tls";
import { Failure } from "../../core/kernel/failure.ts";
import { errorCode } from "../journal/error-code.ts";
import { registerSecret } from "../secrets.ts";

export type TlsPaths = { readonly certificate: string; readonly key: string; readonly ca: string };

/** The contents, in PEM. */
export type TlsFiles = { readonly certificate: string; readonly key: string; readonly ca: string };

/** No certificate, however long its chain, is larger. */
const bytesMax = 256 * 1024;

/**
 * Reads the files anew at each call; what is given fits together. Fails with CredentialUnreadable, or with ConfigInvalid when the key is
 * of another certificate, as it is for a moment while both are being replaced.
 */
export function tlsFiles(paths: TlsPaths): () => Promise<TlsFiles> {
  let checked: TlsFiles | undefined;
  return async () => {
    const [certificate, key, ca] = await Promise.all([
      readPem(paths.certificate, "the certificate"),
      readPem(paths.key, "the certificate's key"),
      readPem(paths.ca, "the authority's certificate"),
    ]);
    const isSame = certificate === checked?.certificate && key === checked.key && ca === checked.ca;
    if (checked !== undefined && isSame) return checked;
    registerSecret(key);
    const files = { certificate, key, ca };
    checkTogether(files, paths.certificate);
    checked = files;
    return files;
  };
}

async function readPem(path: string, what: string): Promise<string> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (cause) {
    const word = errorCode(cause) || "it is no file";
    throw new Failure("CredentialUnreadable", `${what} can not be read (${word})`, {
      where: path,
      cause,
    });
  }
  if (text.length <= bytesMax && text.includes("-----BEGIN ")) return text;
  throw new Failure("CredentialUnreadable", `${what} is not PEM`, { where: path });
}

function checkTogether({ certificate, key, ca }: TlsFiles, where: string): void {
  try {
    createSecureContext({ cert: certificate, key, ca });
  } catch (cause) {
    // OpenSSL's words name neither the key nor its parts.
    const words = cause instanceof Error ? cause.message : String(cause);
    const message = `the certificate, its key and the authority do not go together (${words})`;
    throw new Failure("ConfigInvalid", message, { where, field: "tls", cause });
  }
}
