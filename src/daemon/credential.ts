/** Secrets from a file or an environment variable, read at each use so that a rotated one is taken up. */
import { readFile } from "node:fs/promises";
import { registerSecret } from "../adapters/secrets.ts";
import { Failure } from "../core/kernel/failure.ts";
import type { CredentialRef } from "./config.ts";

/** The secret without a closing line break. Fails with CredentialUnreadable, which never shows the secret. */
export async function readCredential(
  ref: CredentialRef | undefined,
  what: string,
  field = "nameServerKeys",
): Promise<string> {
  if (ref?.file !== undefined) {
    const path = ref.file;
    const text = await readFile(path, "utf8").catch((cause: unknown) => {
      throw new Failure("CredentialUnreadable", `${what} can not be read`, { where: path, cause });
    });
    return orEmpty(text.trimEnd(), what, path);
  }
  if (ref?.env !== undefined)
    return orEmpty(process.env[ref.env] ?? "", what, `environment variable ${ref.env}`);
  throw new Failure("CredentialUnreadable", `${what} is not configured`, {
    remedy: `Name its file or environment variable under \`${field}\` in the control configuration.`,
  });
}

function orEmpty(secret: string, what: string, where: string): string {
  if (secret !== "") {
    registerSecret(secret);
    return secret;
  }
  throw new Failure("CredentialUnreadable", `${what} is empty`, { where });
}
