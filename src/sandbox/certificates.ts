/**
 * Certificates of the agents in a sandbox and in tests, by the program openssl: an authority of its own, and for each cluster one
 * certificate that is good as server and as client, with the cluster as its only DNS name.
 */
import { randomBytes } from "node:crypto";
import { chmod, mkdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { requireProgram } from "./programs.ts";
import { programOutput, runProgram } from "./run-program.ts";

export type CertificateSubject = {
  /** Cluster name: the DNS name by which agents know each other, and the name of the folder with its files. */
  readonly name: string;
  /** IP addresses at which people's programs reach it. */
  readonly addresses?: readonly string[];
};

export type CertificatePaths = {
  readonly certificate: string;
  readonly key: string;
  readonly ca: string;
};

export type Certificates = {
  /** The authority's certificate. */
  readonly ca: string;
  /** PEM files by cluster name. */
  readonly of: (name: string) => CertificatePaths;
};

const validDays = 365;
/** What ends sooner is made anew. */
const renewSeconds = 30 * 86_400;
const newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"] as const;

/** Makes what is missing or ends within a month; keys can be read by their owner alone. Fails with ProgramMissing or ProcessFailed. */
export async function makeCertificates(
  folder: string,
  subjects: readonly CertificateSubject[],
): Promise<Certificates> {
  const openssl = requireProgram("openssl", process.env);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const ca = join(folder, "ca.pem");
  const isNew = !(await isGood(openssl, ca));
  if (isNew) await makeAuthority(openssl, folder);
  const of = (name: string): CertificatePaths => ({
    certificate: join(folder, name, "certificate.pem"),
    key: join(folder, name, "key.pem"),
    ca,
  });
  for (const subject of subjects) {
    const isHere = !isNew && (await isGood(openssl, of(subject.name).certificate));
    if (!isHere) await issue(openssl, folder, subject);
  }
  return { ca, of };
}

async function isGood(openssl: string, file: string): Promise<boolean> {
  const isThere = await stat(file).then(
    () => true,
    () => false,
  );
  if (!isThere) return false;
  const args = ["x509", "-in", file, "-noout", "-checkend", String(renewSeconds)];
  return (await runProgram(openssl, args)).exitCode === 0;
}

async function makeAuthority(openssl: string, folder: string): Promise<void> {
  await programOutput(
    openssl,
    [
      ...["req", "-x509", ...newKey, "-days", String(validDays), "-subj", "/CN=sovereign-sandbox"],
      ...["-addext", "keyUsage=critical,keyCertSign,cRLSign"],
      ...["-keyout", "ca-key.pem", "-out", "ca.pem"],
    ],
    { cwd: folder },
  );
  await chmod(join(folder, "ca-key.pem"), 0o600);
}

async function issue(
  openssl: string,
  folder: string,
  { name, addresses = [] }: CertificateSubject,
): Promise<void> {
  const cwd = join(folder, name);
  const names = [`DNS:${name}`, ...addresses.map((address) => `IP:${address}`)].join(",");
  await mkdir(cwd, { recursive: true, mode: 0o700 });
  await programOutput(
    openssl,
    [
      ...["req", "-new", ...newKey, "-subj", `/CN=${name}`, "-addext", `subjectAltName=${names}`],
      ...["-addext", "extendedKeyUsage=serverAuth,clientAuth"],
      ...["-keyout", "key.pem", "-out", "request.pem"],
    ],
    { cwd },
  );
  await chmod(join(cwd, "key.pem"), 0o600);
  await programOutput(
    openssl,
    [
      ...["x509", "-req", "-in", "request.pem", "-CA", "../ca.pem", "-CAkey", "../ca-key.pem"],
      // Without a serial number of its own openssl would count in a file beside the authority.
      ...["-set_serial", `0x${randomBytes(16).toString("hex")}`, "-copy_extensions", "copy"],
      ...["-days", String(validDays), "-out", "certificate.pem"],
    ],
    { cwd },
  );
  await rm(join(cwd, "request.pem"));
}
