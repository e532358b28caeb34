/**
 * A file with a signature beside it: Ed25519 over the file's bytes, the public half and its fingerprint with it. Who keeps the
 * fingerprint elsewhere can tell whether the file is the one that was written.
 */
import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  sign,
  verify,
} from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { z } from "zod";
import { Failure } from "../../core/kernel/failure.ts";
import { writeWhole } from "./report-folder.ts";

const signatureSchema = z.object({
  algorithm: z.literal("ed25519"),
  publicKey: z.string().describe("SPKI in PEM."),
  fingerprint: z.string().describe("SHA-256, hex, of the public key's DER."),
  signature: z.base64(),
});

export type Signed = { readonly fingerprint: string; readonly signatureFile: string };

/** The key of a file (PKCS 8 in PEM); made, for its owner only, when there is none and `make` allows it. */
export async function signingKey(file: string, make: boolean): Promise<KeyObject> {
  try {
    const key = createPrivateKey(await readFile(file));
    if (key.asymmetricKeyType === "ed25519") return key;
    throw new Error(`it is a key of ${key.asymmetricKeyType ?? "an unknown kind"}`);
  } catch (thrown) {
    const isMissing = (thrown as NodeJS.ErrnoException).code === "ENOENT"; // Thrown by node:fs, or an Error of ours.
    if (isMissing && make) return makeKey(file);
    throw new Failure("CredentialUnreadable", "The Ed25519 key can not be read.", {
      where: file,
      remedy: "Make one: openssl genpkey -algorithm ed25519 -out <file>",
      cause: thrown,
    });
  }
}

async function makeKey(file: string): Promise<KeyObject> {
  const { privateKey } = generateKeyPairSync("ed25519");
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  const pem = privateKey.export({ type: "pkcs8", format: "pem" });
  await writeFile(file, pem, { mode: 0o600, flag: "wx" });
  return privateKey;
}

/** Writes `text`, and its signature to `<file>.sig`. */
export async function writeSigned(file: string, text: string, key: KeyObject): Promise<Signed> {
  const publicKey = createPublicKey(key);
  const signature = {
    algorithm: "ed25519",
    publicKey: publicKey.export({ type: "spki", format: "pem" }).toString(),
    fingerprint: fingerprintOf(publicKey),
    signature: sign(null, Buffer.from(text), key).toString("base64"),
  };
  const signatureFile = `${file}.sig`;
  await writeWhole(file, text);
  await writeWhole(signatureFile, `${JSON.stringify(signature, undefined, 1)}\n`);
  return { fingerprint: signature.fingerprint, signatureFile };
}

export type Checked = {
  readonly text: string;
  readonly fingerprint: string;
};

/** The signed text and by which key; fails with SignatureInvalid, or NotFound without both files. */
export async function readSigned(file: string): Promise<Checked> {
  const [text, told] = await Promise.all([readText(file), readText(`${file}.sig`)]);
  return checkSigned(file, text, told);
}

/** The same of what was read already: `told` is the text of the file with the signature. Fails with SignatureInvalid. */
export function checkSigned(file: string, text: string, told: string): Checked {
  const parsed = parseSignature(told);
  const invalid = (because: string): Failure =>
    new Failure("SignatureInvalid", `The signature is not one of this file: ${because}.`, {
      where: file,
      remedy: "Take the file from where it was written, with its .sig beside it.",
    });
  if (parsed === undefined) throw invalid("it is not of the form that is written here");
  const publicKey = readPublicKey(parsed.publicKey);
  if (publicKey === undefined) throw invalid("its key is no Ed25519 key");
  if (fingerprintOf(publicKey) !== parsed.fingerprint)
    throw invalid("its fingerprint is of another key");
  const isTrue = verify(
    null,
    Buffer.from(text),
    publicKey,
    Buffer.from(parsed.signature, "base64"),
  );
  if (!isTrue) throw invalid("the bytes were changed after they were signed");
  return { text, fingerprint: parsed.fingerprint };
}

function fingerprintOf(publicKey: KeyObject): string {
  return createHash("sha256")
    .update(publicKey.export({ type: "spki", format: "der" }))
    .digest("hex");
}

function parseSignature(text: string): z.infer<typeof signatureSchema> | undefined {
  try {
    return signatureSchema.parse(JSON.parse(text));
  } catch {
    return undefined; // The caller says what that means.
  }
}

function readPublicKey(pem: string): KeyObject | undefined {
  try {
    const key = createPublicKey(pem);
    return key.asymmetricKeyType === "ed25519" ? key : undefined;
  } catch {
    return undefined; // The caller says what that means.
  }
}

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (thrown) {
    // Thrown by node:fs.
    if ((thrown as NodeJS.ErrnoException).code === "ENOENT")
      throw new Failure("NotFound", "There is no such file.", { where: file, cause: thrown });
    throw Failure.from(thrown, file);
  }
}
