/** The zone made or mended on all name servers of a region: what `sovereign dns init-zone` does, and the sandbox. */

import { wordsOf } from "../../core/dns/setup/step.ts";
import { required } from "../../core/kernel/assert.ts";
import { Failure } from "../../core/kernel/failure.ts";
import { openZoneJournal } from "./zone-journal.ts";
import { planServer, type ServerSetup, setUpServer } from "./zone-setup.ts";
import { askKeys, openZoneWorld, type ZoneWorld } from "./zone-world.ts";

export type InitZoneOptions = {
  readonly dryRun: boolean;
  /** Told what is being done, in a few words. */
  readonly onProgress: (words: string) => void;
  readonly signal: AbortSignal;
};

export type InitZoneResult = {
  /** By server, in the order of the documents; what was made until a failure is in them. */
  readonly setups: readonly ServerSetup[];
  readonly failure: Failure | undefined;
};

/** Plans for all servers first; nothing is made when one of them refuses. Fails as `planServer` does. */
export async function initZone(
  world: ZoneWorld,
  { dryRun, onProgress, signal }: InitZoneOptions,
): Promise<InitZoneResult> {
  const asked = await askKeys(world, signal);
  const published = asked.flatMap(({ keys }) => ("unanswered" in keys ? [] : keys));
  const setups: ServerSetup[] = [];
  for (const server of world.own) {
    onProgress(`reading ${world.zone} from ${server.id}`);
    const plan = await planServer(world, server, published, signal);
    setups.push({ server: server.id, plan, made: [] });
  }
  const refused = setups.find(({ plan }) => plan.refusals.length > 0);
  if (refused !== undefined) return { setups, failure: refusalOf(refused) };
  if (dryRun || setups.every(({ plan }) => plan.steps.length === 0)) {
    return { setups, failure: undefined };
  }
  const journal = await openZoneJournal(world);
  try {
    for (const [index, server] of world.own.entries()) {
      const { plan } = required(setups[index], "every server has its plan");
      if (plan.steps.length === 0) continue;
      onProgress(`setting up ${world.zone} on ${server.id}`);
      const steps = plan.steps.map((step) => ({
        what: wordsOf(step).join(" "),
        reason: step.reason,
        because: step.because,
      }));
      await journal.append({ type: "dns.zoneSetUp", data: { server: server.id, steps } });
      setups[index] = await setUpServer(world, server, plan, published, signal);
    }
    return { setups, failure: undefined };
  } catch (thrown) {
    return { setups, failure: Failure.from(thrown, world.zone) };
  } finally {
    await journal.close();
  }
}

/** The same by a region's `control.yaml`, without a word. Fails with whatever stands in the way. */
export async function initZoneOf(configPath: string, signal: AbortSignal): Promise<void> {
  const world = await openZoneWorld(configPath, signal);
  const options = { dryRun: false, onProgress: () => undefined, signal };
  const { failure } = await initZone(world, options);
  if (failure !== undefined) throw failure;
}

function refusalOf({ server, plan }: ServerSetup): Failure {
  const first = required(plan.refusals[0], "it was refused for a reason");
  const ofServer = first.reason === "ZoneIsACopy" || first.reason === "SigningOff";
  const { field, remedy } = first;
  return new Failure(
    ofServer ? "NameServerRefused" : "KeySetDiffers",
    `${server}: ${first.because}`,
    {
      where: server,
      ...(field === undefined ? {} : { field }),
      ...(remedy === undefined ? {} : { remedy }),
    },
  );
}
