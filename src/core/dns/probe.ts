/**
 * The probe of an Application: what a name server requests from each backend (facts of PowerDNS §3).
 * What a user wrote is parsed into four small values and written again from allowed characters only.
 */
import { type Parsed, parseFqdn } from "../names/names.ts";
import { type HealthCheck, healthPathPattern } from "../resources/application.ts";

export type Probe = HttpProbe | TcpProbe;

export type HttpProbe = {
  readonly scheme: "https" | "http";
  /** Host header and TLS server name; lower case, never an IPv6 literal (PowerDNS can not probe one). */
  readonly host: string;
  readonly port: number;
  /** Path and query, starting with a slash. */
  readonly path: string;
};

/** A connection and nothing more: a server that accepts and then fails, or hangs, is up. */
export type TcpProbe = { readonly scheme: "tcp"; readonly port: number };

const defaultPorts = { https: 443, http: 80 } as const;

/** The probe of an Application at `fqdn`, or the reason why its health check can not be one. */
export function parseProbe(check: HealthCheck, fqdn: string): Parsed<Probe> {
  if (check.tcp !== undefined) {
    const { port } = check.tcp;
    if (!isPort(port)) return { ok: false, because: notAPort(port) };
    return { ok: true, value: { scheme: "tcp", port } };
  }
  const host = parseFqdn((check.host ?? fqdn).toLowerCase());
  if (!host.ok) return { ok: false, because: `the probe's host ${host.because}` };
  if (check.scheme !== "https" && check.scheme !== "http") {
    return { ok: false, because: "the probe's scheme is neither https nor http" };
  }
  const port = check.port ?? defaultPorts[check.scheme];
  if (!isPort(port)) return { ok: false, because: notAPort(port) };
  if (!healthPathPattern.test(check.path) || check.path.length > 512) {
    return {
      ok: false,
      because: "the probe's path is not a URL path of at most 512 plain characters",
    };
  }
  return { ok: true, value: { scheme: check.scheme, host: host.value, port, path: check.path } };
}

function isPort(port: number): boolean {
  return Number.isInteger(port) && port >= 1 && port <= 65_535;
}

function notAPort(port: number): string {
  return `the probe's port ${port} is not one of 1 to 65535`;
}

/** The URL that PowerDNS requests, or `tcp:{port}`; a default port is left out, so that one probe has one writing. */
export function writeProbeUrl(probe: Probe): string {
  if (probe.scheme === "tcp") return `tcp:${probe.port}`;
  const port = probe.port === defaultPorts[probe.scheme] ? "" : `:${probe.port}`;
  return `${probe.scheme}://${probe.host}${port}${probe.path}`;
}
