/** Creating a zone and asking a server for its version: for the sandbox and for tests, not for the controller. */
import { z } from "zod";
import type { Signal } from "../../control/env.ts";
import { Failure } from "../../core/kernel/failure.ts";
import { type PowerDnsOptions, rest } from "./rest.ts";

const versionSchema = z.object({ version: z.string() });
const [notFound, conflict] = [404, 409];

/** Creates a Native zone unless the server holds it already; names are absolute, with the closing dot. */
export async function ensureZone(
  options: PowerDnsOptions,
  zone: string,
  nameservers: readonly string[],
  signal?: Signal,
): Promise<void> {
  const body = { name: zone, kind: "Native", nameservers, soa_edit_api: "DEFAULT" };
  await rest(options, { method: "POST", path: "/zones", body, signal }, [conflict]);
}

/** Whether the server holds the zone, whatever is in it. */
export async function hasZone(
  options: PowerDnsOptions,
  zone: string,
  signal?: Signal,
): Promise<boolean> {
  const path = `/zones/${encodeURIComponent(zone)}?rrsets=false`;
  const { status } = await rest(options, { method: "GET", path, signal }, [notFound]);
  return status !== notFound;
}

/** The version that the server states, such as `4.7.3`. */
export async function serverVersion(options: PowerDnsOptions, signal?: Signal): Promise<string> {
  const { text } = await rest(options, { method: "GET", path: "", signal });
  try {
    return versionSchema.parse(JSON.parse(text)).version;
  } catch (cause) {
    throw new Failure("NameServerRefused", `${options.id} does not state a PowerDNS version`, {
      where: options.id,
      cause,
    });
  }
}
