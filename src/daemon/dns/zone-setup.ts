/** One server's zone set up: facts gathered, planned, carried out step by step, and read back (`sovereign dns init-zone`). */
import { activateKey, importKey, rectifyZone } from "../../adapters/powerdns/dnssec.ts";
import {
  createZone,
  readZoneFacts,
  setMetadata,
  setTransferKeys,
  setZoneFields,
  writeRrsets,
} from "../../adapters/powerdns/metadata.ts";
import { makeNotifier } from "../../adapters/powerdns/notifier.ts";
import type { PowerDnsOptions } from "../../adapters/powerdns/rest.ts";
import { readServerFacts } from "../../adapters/powerdns/server-facts.ts";
import { tsigState, writeTsigKey } from "../../adapters/powerdns/tsig.ts";
import type { Server } from "../../control/dns/ports.ts";
import type { PublicKey } from "../../core/dns/setup/dnskey.ts";
import type { SetupFacts, TsigState } from "../../core/dns/setup/facts.ts";
import { planSetup, type SetupPlan, zoneAccount } from "../../core/dns/setup/plan.ts";
import { objectionsTo } from "../../core/dns/setup/server-objections.ts";
import type { Effect, Step } from "../../core/dns/setup/step.ts";
import { type WantedZone, wantedZone } from "../../core/dns/setup/wanted-zone.ts";
import { required } from "../../core/kernel/assert.ts";
import { Failure } from "../../core/kernel/failure.ts";
import { demandsOn } from "./server-demands.ts";
import { optionsOf, tsigKeyOf, type ZoneWorld } from "./zone-world.ts";

export type ServerSetup = {
  readonly server: string;
  readonly plan: SetupPlan;
  /** Steps that were made; none in a dry run. */
  readonly made: readonly Step[];
};

const aboutSigning: ReadonlySet<string> = new Set(["importKey", "activateKey", "setDenial"]);

/** The plan for one server of this region. `published` is what any server of the zone answers with. */
export async function planServer(
  world: ZoneWorld,
  server: Server,
  published: readonly PublicKey[],
  signal: AbortSignal,
): Promise<SetupPlan> {
  const wanted = wantedZone(world.sovereign, server.spec.name);
  const facts = await gatherFacts(world, server, wanted, published, signal);
  return planSetup(wanted, facts, world.keySet ?? []);
}

/** Carries the plan out and reads back. Fails with NameServerRefused when the server then holds something else. */
export async function setUpServer(
  world: ZoneWorld,
  server: Server,
  plan: SetupPlan,
  published: readonly PublicKey[],
  signal: AbortSignal,
): Promise<ServerSetup> {
  const options = optionsOf(world, server);
  const wanted = wantedZone(world.sovereign, server.spec.name);
  for (const effects of together(plan.steps.map(({ effect }) => effect))) {
    await carryOut(world, options, effects, signal);
  }
  if (plan.steps.some(({ effect }) => aboutSigning.has(effect.kind))) {
    await rectifyZone(options, wanted.zone, signal);
  }
  const owed: string[] = [];
  const notifier = makeNotifier({ onOwed: ({ message }) => owed.push(message) });
  const tells = plan.steps.length > 0 && wanted.secondaries.length > 0;
  if (tells) await notifier.changed(options, wanted.zone, signal);
  const after = await planServer(world, server, published, signal);
  if (tells) await notifier.repeat(options, wanted.zone, signal);
  const [left] = after.steps;
  if (left === undefined) {
    // The steps are made whether or not secondaries have heard of them.
    const told = { ...plan, warnings: [...plan.warnings, ...owed] };
    return { server: server.id, plan: told, made: plan.steps };
  }
  throw new Failure(
    "NameServerRefused",
    `${server.id} took the steps, but still needs one: ${left.because}`,
    { where: server.id, remedy: "Look for somebody else who writes the same zone." },
  );
}

async function gatherFacts(
  world: ZoneWorld,
  server: Server,
  wanted: WantedZone,
  published: readonly PublicKey[],
  signal: AbortSignal,
): Promise<SetupFacts> {
  const options = optionsOf(world, server);
  const names = [...new Set(wanted.secondaries.map(({ tsigKey }) => tsigKey))];
  const states = await Promise.all(
    names.map(async (name): Promise<readonly [string, TsigState]> => {
      return [name, await tsigState(options, await tsigKeyOf(world, name), signal)];
    }),
  );
  const { settings, version } = await readServerFacts(options, signal);
  const objections = objectionsTo(
    { settings, version },
    demandsOn(world.intent, world.sovereign, server.spec.name),
  );
  return {
    objections,
    zone: await readZoneFacts(options, wanted.zone, signal),
    tsig: Object.fromEntries(states),
    openTransfers: settings?.get("allow-axfr-ips") ?? "",
    sendsNotify: [...(settings ?? [])].some((setting) => setting.join("=") === "primary=yes"),
    published,
  };
}

/** Records that follow each other go into one request, so that they are written together or not at all. */
function together(effects: readonly Effect[]): readonly (readonly Effect[])[] {
  const groups: Effect[][] = [];
  for (const effect of effects) {
    const last = groups.at(-1);
    if (last?.[0]?.kind === "writeRrset" && effect.kind === "writeRrset") last.push(effect);
    else groups.push([effect]);
  }
  return groups;
}

async function carryOut(
  world: ZoneWorld,
  options: PowerDnsOptions,
  effects: readonly Effect[],
  signal: AbortSignal,
): Promise<void> {
  const { zone } = world;
  const [effect] = effects;
  switch (effect?.kind) {
    case undefined:
      return;
    case "createZone":
      return createZone(options, effect.rrset, zoneAccount, signal);
    case "writeRrset": {
      const rrsets = effects.flatMap((one) => (one.kind === "writeRrset" ? [one] : []));
      return writeRrsets(options, zone, rrsets, signal);
    }
    case "importKey": {
      const key = world.keySet?.find(({ dnskey }) => dnskey === effect.dnskey);
      return importKey(options, zone, required(key, "only keys of the set are planned"), signal);
    }
    case "activateKey":
      return activateKey(options, zone, effect.id, signal);
    case "setDenial": {
      const fields = { nsec3param: effect.nsec3param, nsec3narrow: false };
      return setZoneFields(options, zone, fields, signal);
    }
    case "setRectify":
      return setZoneFields(options, zone, { api_rectify: true }, signal);
    case "writeTsigKey":
      return writeTsigKey(options, await tsigKeyOf(world, effect.name), effect.replace, signal);
    case "setTransferKeys":
      return setTransferKeys(options, zone, effect.names, signal);
    case "setMetadata":
      return setMetadata(options, zone, effect.metadata, effect.values, signal);
  }
}
