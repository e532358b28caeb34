/** What each server holds and answers for one Application, gathered for `sovereign dns why`. */
import type { Server } from "../../control/dns/ports.ts";
import { type HealthView, parseHealth } from "../../core/dns/health.ts";
import type { AddressType } from "../../core/dns/idioms.ts";
import type { ServerEvidence } from "../../core/dns/why.ts";
import type { DesiredApplication } from "../../core/dns/zone.ts";
import { Failure } from "../../core/kernel/failure.ts";
import type { DnsWorld } from "../../daemon/dns/world.ts";

/** Asks one server; whatever it does not tell is said in the evidence. Never fails. */
export async function gatherEvidence(
  world: DnsWorld,
  server: Server,
  application: DesiredApplication,
  signal: AbortSignal,
): Promise<ServerEvidence> {
  const { dns } = world.ports;
  const ask = async (type: AddressType): Promise<ServerEvidence["answers"]["A"]> => {
    try {
      return await dns.query(server.endpoint, application.fqdn, type, signal);
    } catch (thrown) {
      return { unanswered: Failure.from(thrown, server.id).toJson() };
    }
  };
  // Health first: its question also starts the probes of a server that was never asked before.
  const health = await askHealth(world, server, application, signal);
  const [A, AAAA, stored] = await Promise.all([
    ask("A"),
    ask("AAAA"),
    readStored(world, server, signal),
  ]);
  return { server: server.id, stored, answers: { A, AAAA }, health };
}

async function askHealth(
  { ports }: DnsWorld,
  server: Server,
  { whyName }: DesiredApplication,
  signal: AbortSignal,
): Promise<HealthView | undefined> {
  if (whyName === undefined) return undefined;
  try {
    const name = whyName.replace(/\.$/, "");
    return parseHealth(await ports.dns.query(server.endpoint, name, "TXT", signal));
  } catch {
    // A server that does not answer is told by its A and AAAA questions; health stays unknown.
    return undefined;
  }
}

async function readStored(
  { config, ports, intent }: DnsWorld,
  server: Server,
  signal: AbortSignal,
): Promise<ServerEvidence["stored"]> {
  if (!Object.hasOwn(config.nameServerKeys, server.spec.name)) {
    return { unread: "no API key is configured here" };
  }
  try {
    return await ports.nameServer(server.id, server.spec).readZone(intent.desired.zone, signal);
  } catch (thrown) {
    return { unread: Failure.from(thrown, server.id).message };
  }
}
