/** The port `NameServer` on the REST API of a real PowerDNS server (facts of PowerDNS §7). */
import type { LeftZone, NameServer } from "../../control/env.ts";
import { batchChangesMax } from "../../core/dns/batches.ts";
import { isForeign } from "../../core/dns/conflicts.ts";
import { assert } from "../../core/kernel/assert.ts";
import { readSettings } from "./metadata.ts";
import { makeNotifier, type Notifier } from "./notifier.ts";
import { type PowerDnsOptions, rest } from "./rest.ts";
import { readZoneJson, readZoneNames, writeChangesJson } from "./zone-json.ts";

export type NameServerOptions = PowerDnsOptions & {
  /** Secondaries are told after each change; without it they learn of it when their refresh is due. */
  readonly notifies?: boolean;
  /** What is owed to secondaries; without it this server object remembers by itself. */
  readonly notifier?: Notifier;
};

/** A server of the Sovereign holds few zones; one that holds more is not searched through. */
const otherZonesMax = 50;

/** The server at `apiUrl`; the key is read at each use and never leaves the header. */
export function powerDnsNameServer(options: NameServerOptions): NameServer {
  const notifier = options.notifier ?? makeNotifier();
  const zonePath = (zone: string): string => `/zones/${encodeURIComponent(zone)}`;
  return {
    id: options.id,
    async readZone(zone, signal) {
      const { text } = await rest(options, { method: "GET", path: zonePath(zone), signal });
      if (options.notifies === true) await notifier.repeat(options, zone, signal);
      return readZoneJson(text, options.id);
    },
    async change(zone, changes, signal) {
      assert(changes.length <= batchChangesMax, "a request holds no more changes than a batch");
      if (changes.length === 0) return;
      const body = writeChangesJson(changes);
      await rest(options, { method: "PATCH", path: zonePath(zone), body, signal });
      if (options.notifies === true) await notifier.changed(options, zone, signal);
    },
    async forget(zone, signal) {
      // 4.7.3 forgets everything below the name as well (measured).
      const path = `/cache/flush?domain=${encodeURIComponent(zone)}`;
      await rest(options, { method: "PUT", path, signal });
    },
    async leftZones(zone, signal) {
      const { text } = await rest(options, { method: "GET", path: "/zones", signal });
      const others = readZoneNames(text, options.id).filter((name) => name !== zone);
      const left: LeftZone[] = [];
      for (const other of others.slice(0, otherZonesMax)) {
        const path = zonePath(other);
        const reply = await rest(options, { method: "GET", path, signal });
        const ours = readZoneJson(reply.text, options.id).filter((rrset) => !isForeign(rrset));
        if (ours.length > 0) left.push({ zone: other, rrsets: ours.length });
      }
      return left;
    },
    async probeIntervalMs(signal) {
      const settings = await readSettings(options, signal);
      const seconds = Number(settings.get("lua-health-checks-interval"));
      return seconds > 0 ? seconds * 1_000 : undefined;
    },
  };
}
