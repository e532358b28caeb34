/** An authority of a day, by openssl: a certificate for an API server on loopback, one for its client, and a key for tokens. */
import { execFileSync } from "node:child_process";
import { join } from "node:path";

/** Writes ca.crt, server.{crt,key}, client.{crt,key}, stranger.{crt,key} and tokens.{key,pub} into `folder`. */
export function writeCertificates(folder: string, address: string): void {
  const openssl = (...args: readonly string[]): void => {
    execFileSync("openssl", args, { cwd: folder, stdio: ["ignore", "ignore", "pipe"] });
  };
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
  const days = ["-days", "2"];
  openssl(
    ...["req", "-x509", ...key, ...days, "-subj", "/CN=sovereign-peers"],
    ...["-keyout", "ca.key", "-out", "ca.crt"],
  );
  const issue = (name: string, subject: string, extensions: readonly string[]): void => {
    const added = extensions.flatMap((extension) => ["-addext", extension]);
    openssl(
      ...["req", "-new", ...key, "-subj", subject, ...added],
      ...["-keyout", `${name}.key`, "-out", `${name}.csr`],
    );
    openssl(
      ...["x509", "-req", "-in", `${name}.csr`, "-CA", "ca.crt", "-CAkey", "ca.key"],
      ...["-CAcreateserial", "-copy_extensions", "copy", ...days, "-out", `${name}.crt`],
    );
  };
  issue("server", "/CN=kube-apiserver", [
    `subjectAltName=IP:${address}`,
    "extendedKeyUsage=serverAuth",
  ]);
  // The group that Kubernetes lets do everything.
  issue("client", "/O=system:masters/CN=sovereign-peers", ["extendedKeyUsage=clientAuth"]);
  // Somebody whom nobody gave a right.
  issue("stranger", "/CN=stranger", ["extendedKeyUsage=clientAuth"]);
  openssl(
    ...["genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:prime256v1"],
    ...["-out", join(folder, "tokens.key")],
  );
  openssl("pkey", "-in", "tokens.key", "-pubout", "-out", "tokens.pub");
}
