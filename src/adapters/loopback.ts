/** Which hosts are this machine and no other: only there a connection may go without TLS. */

import { isIP } from "node:net";

/** Whether a host, as a URL or a configuration writes it, is a loopback address or `localhost`; names are never resolved. */
export function isLoopback(host: string): boolean {
  if (host === "localhost" || host === "::1" || host === "[::1]") return true;
  // A name may begin with any numbers; only an address is one.
  return isIP(host) === 4 && host.startsWith("127.");
}
