/** Whose certificate it is: an agent's has exactly one DNS subject-alternative name, its cluster's (RFC 6125 §6.4; no wildcards). */
import { X509Certificate } from "node:crypto";
import { Failure } from "../../core/kernel/failure.ts";

/**
 * The name in a `subjectaltname` as Node writes it (`DNS:hz-fsn-rtz-prod, IP Address:127.0.0.1`); undefined when there is none, when
 * there are several, so that one certificate is never two regions, and when one is written in quotes, as Node does with doubtful ones.
 */
export function certificateName(subjectAltName: string | undefined): string | undefined {
  const names = (subjectAltName ?? "").split(", ").filter((entry) => entry.startsWith("DNS:"));
  const [name = "", ...more] = names.map((entry) => entry.slice("DNS:".length));
  if (more.length > 0 || (subjectAltName ?? "").includes('"')) return undefined;
  return /^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/.test(name) ? name : undefined;
}

/** Fails with ConfigInvalid when the first certificate of the PEM text is not that of the cluster. */
export function checkCertificateOf(cluster: string, pem: string): void {
  const name = certificateName(new X509Certificate(pem).subjectAltName);
  if (name === cluster) return;
  const whose =
    name === undefined ? "has not exactly one DNS subject-alternative name" : `is that of ${name}`;
  throw new Failure("ConfigInvalid", `this agent's certificate ${whose}, and not of ${cluster}`, {
    field: "api.tls.certificate",
    remedy: `Give the agent of ${cluster} a certificate with the DNS name ${cluster}.`,
  });
}
