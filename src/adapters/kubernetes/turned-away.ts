/** Whether another kubeconfig could help: what an API server did not let in, or what did not trust it. */
import type { Failure } from "../../core/kernel/failure.ts";

/** What to do about a server that is not trusted; also what such a failure is known by. */
export const trustRemedy =
  "Give the authority that signed the server's certificate as certificate-authority-data, and the host that it names as server.";

/** A credential that is refused or can not be read (the kubeconfig may name another by now), or a TLS handshake that failed by a certificate. */
export function isTurnedAway({ code, remedy }: Failure): boolean {
  return (
    code === "KubernetesUnauthorized" || code === "CredentialUnreadable" || remedy === trustRemedy
  );
}
