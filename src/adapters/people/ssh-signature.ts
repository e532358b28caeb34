/**
 * Signatures of people: made and checked by `ssh-keygen -Y`, with the keys that they have anyway, in a file, in ssh-agent or on a
 * token (DESIGN §7.7, ADR 35). The text goes in by standard input; nothing secret is ever in an argument.
 */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Failure } from "../../core/kernel/failure.ts";
import { keyInSignature } from "./ssh-blob.ts";
import { runSshKeygen } from "./ssh-keygen.ts";

export type SignatureToVerify = {
  readonly text: string;
  /** With its armour, as `ssh-keygen -Y sign` writes it. */
  readonly signature: string;
  readonly namespace: string;
  /** Public keys of OpenSSH without their comments. */
  readonly keys: readonly string[];
  readonly program?: string;
  readonly limitMs?: number;
};

export type TextToSign = {
  readonly text: string;
  readonly namespace: string;
  /** A private key, or a public one whose private half is in ssh-agent. */
  readonly keyFile: string;
  /** What ssh-keygen says meanwhile: that a token wants to be touched. */
  readonly hear?: (line: string) => void;
  readonly program?: string;
  readonly limitMs?: number;
};

const verifyLimitMs = 5_000;
/** A person looks for the token first, or types a passphrase. */
const signLimitMs = 120_000;
const textLengthMax = 16 * 1024;
const bareKeyForm = /^[a-z0-9@.-]+ [A-Za-z0-9+/]+={0,2}$/;
/** Whoever sends signatures can not make this machine run more than so many programs. */
const verificationsMax = 4;
let verifications = 0;

/**
 * The one of `keys` that signed exactly this text under the namespace; undefined when none did, whatever is wrong with it. Fails with
 * ProgramMissing, TimedOut, ProcessFailed, and with StepTooEarly while too many are being checked.
 */
export async function verifySshSignature(what: SignatureToVerify): Promise<string | undefined> {
  const { text, signature, keys } = what;
  if (text.length > textLengthMax) return undefined;
  const inside = keyInSignature(signature);
  const key = keys.find((one) => bareKeyForm.test(one) && one.split(" ")[1] === inside);
  // A key that nobody has in the roster costs nothing: no program is run for it.
  if (inside === undefined || key === undefined) return undefined;
  if (verifications >= verificationsMax) {
    throw new Failure("StepTooEarly", "too many signatures are being checked", {
      remedy: "Send it again in some seconds.",
    });
  }
  verifications += 1;
  try {
    return (await isGood(what, key)) ? key : undefined;
  } finally {
    verifications -= 1;
  }
}

async function isGood(what: SignatureToVerify, key: string): Promise<boolean> {
  const { text, signature, namespace, program = "ssh-keygen", limitMs = verifyLimitMs } = what;
  const folder = await mkdtemp(join(tmpdir(), "sovereign-signature-"));
  try {
    const [signers, sealed] = [join(folder, "signers"), join(folder, "signature")];
    const mode = { mode: 0o600 };
    await writeFile(signers, `signer namespaces="${namespace}" ${key}\n`, mode);
    await writeFile(sealed, `${signature.trim()}\n`, mode);
    const args = ["-Y", "verify", "-f", signers, "-I", "signer", "-n", namespace, "-s", sealed];
    const { exitCode, complaint } = await runSshKeygen({ program, args, input: text, limitMs });
    if (exitCode !== 0 && isOfThisMachine(complaint)) throw cannotWork(complaint);
    return exitCode === 0;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The signature of a text, with its armour. Fails with CredentialUnreadable, ProgramMissing, TimedOut or ProcessFailed. */
export async function signWithSsh(what: TextToSign): Promise<string> {
  const { text, namespace, keyFile, hear, program = "ssh-keygen", limitMs = signLimitMs } = what;
  const args = ["-Y", "sign", "-f", keyFile, "-n", namespace];
  const run = { program, args, input: text, limitMs, hear };
  const { exitCode, output, complaint } = await runSshKeygen(run);
  if (exitCode === 0 && keyInSignature(output) !== undefined) return output;
  if (isOfThisMachine(complaint)) throw cannotWork(complaint);
  throw new Failure("CredentialUnreadable", `ssh-keygen did not sign: ${lastLine(complaint)}`, {
    where: keyFile,
    remedy:
      "Name a private key, or a public one whose private half ssh-agent has (`ssh-add -L`); a private key's file may be readable by its owner only.",
  });
}

/** Complaints that say nothing about a signature or a key. */
function isOfThisMachine(complaint: string): boolean {
  return /No user exists for uid|unknown option|illegal option|usage: ssh-keygen/i.test(complaint);
}

function cannotWork(complaint: string): Failure {
  return new Failure("ProcessFailed", `ssh-keygen can not work here: ${lastLine(complaint)}`, {
    remedy:
      "It needs OpenSSH 8.2 or newer, and an entry in /etc/passwd for the user that it runs as.",
  });
}

function lastLine(complaint: string): string {
  return complaint.split("\n").at(-1)?.slice(0, 300) ?? "";
}
