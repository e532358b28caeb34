/** The port `NameServer` on the REST API of a real PowerDNS server (facts of PowerDNS §7). */
import type { NameServer } from "../../control/env.ts";
import { assert } from "../../core/kernel/assert.ts";
import { notifySecondaries } from "./metadata.ts";
import { type PowerDnsOptions, rest } from "./rest.ts";
import { readZoneJson, writeChangesJson } from "./zone-json.ts";

export type NameServerOptions = PowerDnsOptions & {
  /** Secondaries are told after each change; without it they learn of it when their refresh is due. */
  readonly notifies?: boolean;
};

/** The server at `apiUrl`; the key is read at each use and never leaves the header. */
export function powerDnsNameServer(options: NameServerOptions): NameServer {
  const zonePath = (zone: string): string => `/zones/${encodeURIComponent(zone)}`;
  return {
    id: options.id,
    async readZone(zone, signal) {
      const { text } = await rest(options, { method: "GET", path: zonePath(zone), signal });
      return readZoneJson(text, options.id);
    },
    async change(zone, changes, signal) {
      assert(changes.length <= 500, "a request holds at most 500 changes");
      if (changes.length === 0) return;
      const body = writeChangesJson(changes);
      await rest(options, { method: "PATCH", path: zonePath(zone), body, signal });
      if (options.notifies === true) await notifySecondaries(options, zone, signal);
    },
  };
}
