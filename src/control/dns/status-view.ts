/** The controller's memory as the plain data of `/v1/status`. */
import { type AddressType, addressTypes } from "../../core/dns/idioms.ts";
import type {
  AnswerStatus,
  ApplicationStatus,
  DnsStatus,
  ServerStatus,
} from "../../core/dns/status.ts";
import { type DesiredApplication, describeRefusal } from "../../core/dns/zone.ts";
import { describeProblem } from "../../core/resources/document.ts";
import { type Memory, serverMemory } from "./memory.ts";
import type { DnsOptions, Server } from "./ports.ts";

/** What is known now. */
export function dnsStatus(memory: Memory, options: DnsOptions): DnsStatus {
  const { intent } = memory;
  const desired = intent?.desired;
  const refused = (desired?.refusals ?? []).map(describeRefusal);
  return {
    cluster: options.cluster,
    observeOnly: options.observeOnly,
    revision: intent?.revision ?? null,
    stale: intent?.stale?.toJson() ?? null,
    failure: memory.failure?.toJson() ?? null,
    problems: [...(intent?.catalogue.problems ?? []).map(describeProblem), ...refused],
    zone: desired?.zone ?? null,
    ttlSeconds: desired?.ttlSeconds ?? null,
    checks: desired?.checks ?? null,
    applications: (desired?.applications ?? []).map(applicationStatus),
    servers: (intent?.servers ?? []).map((server) => serverStatus(memory, server, options)),
    roundAtMs: memory.roundAtMs ?? null,
  };
}

function applicationStatus(application: DesiredApplication): ApplicationStatus {
  const { fqdn, placement, expected, origin } = application;
  return {
    application: application.application,
    fqdn,
    placement,
    regions: application.regions.map(({ cluster }) => cluster),
    expected,
    origin: `${origin.file}:${origin.line}`,
  };
}

function serverStatus(memory: Memory, server: Server, options: DnsOptions): ServerStatus {
  const known = serverMemory(memory, server);
  const applications = memory.intent?.desired?.applications ?? [];
  return {
    server: server.id,
    cluster: server.cluster,
    own: server.cluster === options.cluster,
    reachable: known.reachable ?? null,
    appliedRevision: known.appliedRevision ?? null,
    appliedAtMs: known.appliedAtMs ?? null,
    pendingChanges: known.pending.length,
    leftZones: known.leftZones ?? [],
    heldRemovals: known.plan?.held.length ?? 0,
    warming: [...known.warming.values()].map(({ name, application, because }) => ({
      name,
      application,
      because,
    })),
    conflicts: (known.plan?.conflicts ?? []).map(({ name, application, because }) => ({
      name,
      application,
      because,
    })),
    failure: known.failure?.toJson() ?? null,
    answers: applications.flatMap(({ fqdn }) =>
      addressTypes.map((type) => answerStatus(memory, server, fqdn, type)),
    ),
  };
}

function answerStatus(
  memory: Memory,
  server: Server,
  fqdn: string,
  type: AddressType,
): AnswerStatus {
  if (serverMemory(memory, server).toldSilent) {
    const because = "the server does not answer";
    return { fqdn, type, state: "silent", addresses: [], because };
  }
  const known = memory.answers.get(server.id)?.get(`${fqdn} ${type}`);
  if (known === undefined) {
    return { fqdn, type, state: "unasked", addresses: [], because: "not asked yet" };
  }
  const { right, addresses, because } = known.judgement;
  return { fqdn, type, state: right ? "right" : "wrong", addresses, because };
}
