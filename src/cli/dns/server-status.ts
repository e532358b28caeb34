/** This region's name servers as they are: version, features, what speaks against their configuration; for people and machines. */
import { readServerFacts } from "../../adapters/powerdns/server-facts.ts";
import type { Server } from "../../control/dns/ports.ts";
import { type Proxied, proxyOf } from "../../core/dns/setup/proxy.ts";
import {
  commonFeatures,
  type FeatureName,
  featureState,
  features,
  type ServerFacts,
} from "../../core/dns/setup/server-features.ts";
import { objectionsTo, type ServerObjection } from "../../core/dns/setup/server-objections.ts";
import { Failure } from "../../core/kernel/failure.ts";
import type { JsonObject } from "../../core/kernel/json.ts";
import { printable } from "../../core/resources/document.ts";
import { demandsOn } from "../../daemon/dns/server-demands.ts";
import { serverOptions } from "../../daemon/dns/server-options.ts";
import type { DnsWorld } from "../../daemon/dns/world.ts";
import { type Io, paint } from "../io.ts";
import { alignedLines } from "./table.ts";

export type ServerStatus = {
  readonly server: string;
  readonly proxy: Proxied | undefined;
  readonly known:
    | {
        readonly versionText: string;
        readonly facts: ServerFacts;
        readonly objections: readonly ServerObjection[];
      }
    | Failure;
};

/** Asks each server of this region; one that does not answer is told as its failure. Never fails. */
export async function askServers(
  world: DnsWorld,
  servers: readonly Server[],
  signal: AbortSignal,
): Promise<readonly ServerStatus[]> {
  const { sovereign } = world.intent.catalogue;
  if (sovereign === undefined) return [];
  return Promise.all(
    servers.map(async (server): Promise<ServerStatus> => {
      const proxy = proxyOf(sovereign, server.spec.name);
      const status = { server: server.id, proxy };
      try {
        const { versionText, ...facts } = await readServerFacts(
          serverOptions(world, server),
          signal,
        );
        const demands = demandsOn(world.intent, sovereign, server.spec.name);
        const objections = objectionsTo(facts, demands);
        return { ...status, known: { versionText: printable(versionText), facts, objections } };
      } catch (thrown) {
        return { ...status, known: Failure.from(thrown, server.id) };
      }
    }),
  );
}

/** One line for each server, and one for each objection. */
export function serverLines(
  statuses: readonly ServerStatus[],
  io: Pick<Io, "colour">,
): readonly string[] {
  return statuses.flatMap(({ server, proxy, known }) => {
    const behind = proxy === undefined ? "" : `  behind ${proxy.kind} (${proxy.client})`;
    if (known instanceof Failure) {
      return [`${paint(io, "red", "✗ unknown")}  ${server}  ${printable(known.message)}${behind}`];
    }
    return [
      `${paint(io, "bold", server)}  PowerDNS ${known.versionText}${behind}`,
      ...known.objections.map(({ weight, reason, because, remedy }) => {
        const glyph = weight === "refuses" ? paint(io, "red", "✗") : paint(io, "yellow", "!");
        return `  ${glyph} ${reason}  ${because}\n    ${paint(io, "dim", remedy)}`;
      }),
    ];
  });
}

/** Which feature which server has, and what is done about it. */
export function featureLines(
  statuses: readonly ServerStatus[],
  io: Pick<Io, "colour">,
): readonly string[] {
  const known = statuses.flatMap(({ known: one }) => (one instanceof Failure ? [] : [one.facts]));
  const rows = features.map((feature) => {
    const states = known.map((facts) => featureState(feature, facts));
    const all = new Set(states);
    const shown = all.size === 1 ? (states[0] ?? "unknown") : states.join(", ");
    const cell = shown === "yes" ? paint(io, "green", shown) : paint(io, "dim", shown);
    return [feature.name, cell, paint(io, "dim", feature.here)];
  });
  return known.length === 0 ? [] : alignedLines(rows, "  ");
}

/** All of it as data. */
export function serverData(statuses: readonly ServerStatus[]): JsonObject[] {
  return statuses.map(({ server, proxy, known }) => {
    const behind = proxy === undefined ? null : { kind: proxy.kind, client: proxy.client };
    if (known instanceof Failure) return { server, proxy: behind, failure: known.toJson() };
    return {
      server,
      proxy: behind,
      version: known.versionText,
      features: Object.fromEntries(
        features.map((feature) => [feature.name, featureState(feature, known.facts)]),
      ),
      objections: known.objections.map((objection) => ({ ...objection })),
    };
  });
}

/** What every server that was asked has; nothing when one was not heard. */
export function sharedFeatures(statuses: readonly ServerStatus[]): readonly FeatureName[] {
  const facts = statuses.flatMap(({ known }) => (known instanceof Failure ? [] : [known.facts]));
  return facts.length === statuses.length ? commonFeatures(facts) : [];
}

/** The first server that could not be asked, else the first objection to what is declared. */
export function failureOfServers(statuses: readonly ServerStatus[]): Failure | undefined {
  for (const { known } of statuses) if (known instanceof Failure) return known;
  for (const { server, known } of statuses) {
    const first =
      known instanceof Failure
        ? undefined
        : known.objections.find(({ weight }) => weight === "refuses");
    if (first === undefined) continue;
    const { field, because, remedy } = first;
    return new Failure("NameServerRefused", `${server}: ${because}`, {
      where: server,
      field,
      remedy,
    });
  }
  return undefined;
}
