import { X509Certificate } from "node:crypto";
import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { makeCertificates } from "./certificates.ts";

vi.setConfig({ testTimeout: 60_000 });

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "sovereign-certificates-"));
});
afterEach(() => rm(folder, { recursive: true }));

const subjects = [
  { name: "hz-fsn-rtz-prod", addresses: ["127.10.1.11"] },
  { name: "hz-hel-rtz-prod" },
];
const read = async (path: string) => new X509Certificate(await readFile(path));

test("each cluster has a certificate of the authority with its name, and keys are for their owner alone", async () => {
  const { ca, of } = await makeCertificates(folder, subjects);
  const authority = await read(ca);
  expect(authority.ca).toBe(true);
  const names: unknown[] = [];
  for (const { name } of subjects) {
    const certificate = await read(of(name).certificate);
    expect(certificate.verify(authority.publicKey)).toBe(true);
    names.push(certificate.subjectAltName);
    expect((await stat(of(name).key)).mode & 0o777).toBe(0o600);
  }
  expect(names).toEqual(["DNS:hz-fsn-rtz-prod, IP Address:127.10.1.11", "DNS:hz-hel-rtz-prod"]);
  expect((await stat(join(folder, "ca-key.pem"))).mode & 0o777).toBe(0o600);
});

test("what is there and good is kept, and a new authority makes every certificate anew", async () => {
  const { ca, of } = await makeCertificates(folder, subjects.slice(0, 1));
  const path = of("hz-fsn-rtz-prod").certificate;
  const before = await readFile(path, "utf8");
  await makeCertificates(folder, subjects);
  expect(await readFile(path, "utf8")).toBe(before);
  await writeFile(ca, "no certificate");
  await makeCertificates(folder, subjects);
  expect(await readFile(path, "utf8")).not.toBe(before);
  expect((await read(path)).verify((await read(ca)).publicKey)).toBe(true);
});
