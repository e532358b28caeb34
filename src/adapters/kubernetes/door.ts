/** What is shown and trusted at an API server's door, read anew for every request so that whatever is renewed counts at once. */
import { readFile } from "node:fs/promises";
import { Failure } from "../../core/kernel/failure.ts";
import { errorCode } from "../journal/error-code.ts";
import { registerSecret } from "../secrets.ts";
import type { ApiAccess, Kept } from "./api-access.ts";

export type Door = {
  /** The header `Authorization`; null without a token. */
  readonly authorization: string | null;
  /** Options of a TLS connection. */
  readonly tls: {
    readonly ca?: string;
    readonly cert?: string;
    readonly key?: string;
    readonly servername?: string;
  };
};

/** A token, or a chain of certificates, is never larger. */
const bytesMax = 256 * 1024;

/** Undefined when the signal comes first, as for a file of a server that hangs. Fails with CredentialUnreadable, which never quotes what it found. */
export function openDoor(access: ApiAccess, signal: AbortSignal): Promise<Door | undefined> {
  return new Promise((resolve, reject) => {
    const late = (): void => resolve(undefined);
    if (signal.aborted) late();
    signal.addEventListener("abort", late, { once: true });
    doorOf(access)
      .then(resolve, reject)
      .finally(() => signal.removeEventListener("abort", late));
  });
}

async function doorOf(access: ApiAccess): Promise<Door> {
  const { ca, token, certificate, serverName } = access;
  const [trusted, word, cert, key] = await Promise.all([
    contentOf(ca, "the authority's certificate"),
    contentOf(token, "the token"),
    contentOf(certificate?.certificate ?? null, "the client certificate"),
    contentOf(certificate?.key ?? null, "the client certificate's key"),
  ]);
  if (word !== null) registerSecret(word);
  if (key !== null) registerSecret(key);
  return {
    authorization: word === null ? null : `Bearer ${usable(word, access)}`,
    tls: {
      ...(trusted === null ? {} : { ca: trusted }),
      ...(cert === null ? {} : { cert }),
      ...(key === null ? {} : { key }),
      ...(serverName === null ? {} : { servername: serverName }),
    },
  };
}

async function contentOf(kept: Kept | null, what: string): Promise<string | null> {
  if (kept === null) return null;
  if (kept.kind === "text") return kept.text;
  let text: string;
  try {
    text = await readFile(kept.path, "utf8");
  } catch (cause) {
    const message = `${what} can not be read (${errorCode(cause) || "it is no file"})`;
    throw new Failure("CredentialUnreadable", message, { where: kept.path });
  }
  if (text.trim() !== "" && text.length <= bytesMax) return text;
  const problem = text.trim() === "" ? "is empty" : "is too large to be one";
  throw new Failure("CredentialUnreadable", `${what} ${problem}`, { where: kept.path });
}

/** A token that may stand in a header; Node's own error would print it. */
function usable(token: string, { id, token: kept }: ApiAccess): string {
  const bare = token.trim();
  if (/^[\x21-\x7e]+$/.test(bare)) return bare;
  throw new Failure("CredentialUnreadable", "the token holds what no token holds", {
    where: kept?.kind === "file" ? kept.path : id,
  });
}
