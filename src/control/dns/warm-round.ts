/**
 * Making new checks known on one server before its answers follow them: the record that explains an answer is asked for,
 * which starts the probes, until all are up or every probe has had time to end once (facts of PowerDNS §4).
 */
import { type HealthView, parseHealth } from "../../core/dns/health.ts";
import { addressTypes } from "../../core/dns/idioms.ts";
import type { WarmUp } from "../../core/dns/warm-up.ts";
import { Failure } from "../../core/kernel/failure.ts";
import type { NameServer, Signal } from "../env.ts";
import type { ServerMemory, Warming } from "./memory.ts";
import type { Server, World } from "./ports.ts";

type Warmings = ServerMemory["warming"];

export type Asking = {
  readonly world: World;
  readonly server: Server;
  readonly api: NameServer;
  readonly signal: Signal;
};

const questionsAtOnce = 16;
/** What PowerDNS probes by when it is not told otherwise, and the limit of one probe (facts of PowerDNS §2, §3). */
const defaultIntervalMs = 5_000;
const probeTimeoutMs = 2_000;
const spareMs = 1_000;

/** The warm-ups whose checks are known, as `planZone` takes them. */
export function knownOf(warming: Warmings): ReadonlyMap<string, string> {
  const known = [...warming].filter(([, { isKnown }]) => isKnown);
  return new Map(known.map(([key, { because }]) => [key, because]));
}

/** The warm-ups of a plan, with what is known of those that were under way. */
export function warmingOf(left: readonly WarmUp[], before: Warmings): Warmings {
  return new Map(
    left.map(({ key, name, whyName, application, because, begun }) => {
      const known = begun ? before.get(key) : undefined;
      const unknown = { because, sinceMs: undefined, limitMs: 0, isKnown: false };
      return [key, { ...(known ?? unknown), name, whyName, application, begun }];
    }),
  );
}

/** Asks for all of them once. Never fails: what can not be asked is asked again later. */
export async function askWarming(asking: Asking, warming: Warmings): Promise<Warmings> {
  if (warming.size === 0) return warming;
  const limitMs = (await intervalMs(asking)) + probeTimeoutMs + spareMs;
  const after = new Map<string, Warming>();
  const all = [...warming];
  for (let at = 0; at < all.length; at += questionsAtOnce) {
    const asked = await Promise.all(
      all
        .slice(at, at + questionsAtOnce)
        .map(async ([key, one]) => [key, await askOne(asking, { ...one, limitMs })] as const),
    );
    for (const [key, one] of asked) after.set(key, one);
  }
  return after;
}

async function intervalMs({ api, signal }: Asking): Promise<number> {
  try {
    return (await api.probeIntervalMs(signal)) ?? defaultIntervalMs;
  } catch (thrown) {
    const { code } = Failure.from(thrown, api.id);
    // Whoever stands in front of the API may keep its settings to itself; the wait is the usual one then.
    return code === "Unexpected" ? Promise.reject(thrown) : defaultIntervalMs;
  }
}

async function askOne(
  { world, server, signal }: Omit<Asking, "api">,
  one: Warming,
): Promise<Warming> {
  if (!one.begun) return one;
  const { env, ports } = world;
  try {
    const answer = await ports.dns.query(server.endpoint, one.whyName, "TXT", signal);
    const nowMs = env.clock.monotonicMs();
    const texts = statesOf(parseHealth(answer));
    // Without a state the record is not there yet, and nothing is being checked.
    if (texts.length === 0) return one;
    const sinceMs = one.sinceMs ?? nowMs;
    const seconds = Math.round((nowMs - sinceMs) / 1_000);
    const said = texts.map((text) => text.join("=")).join(" ");
    const isUpHere = texts.every(([, state]) => state === "up");
    const copies = await followersSay({ world, server, signal }, one.whyName, texts);
    const isUp = isUpHere && copies === undefined;
    const isKnown = isUp || nowMs - sinceMs >= one.limitMs;
    const onCopies = isUpHere && copies !== undefined ? `, and ${copies}` : "";
    const because = isKnown
      ? `its new checks say ${said}${onCopies}${isUp ? "" : ` after ${seconds} s`}`
      : `its new checks have not all succeeded yet (${said}${onCopies}); until then the old ones decide`;
    return { ...one, sinceMs, because, isKnown };
  } catch (thrown) {
    const failure = Failure.from(thrown, server.id);
    if (failure.code === "Unexpected") throw thrown;
    return { ...one, because: `${one.whyName} can not be asked for: ${failure.message}` };
  }
}

/**
 * A secondary makes the checks by itself, once it has copied the record and is asked for it. Undefined when all say that
 * the same addresses are up; else words. One that is silent holds nothing up for longer than the checks themselves may take.
 */
async function followersSay(
  { world, server, signal }: Omit<Asking, "api">,
  whyName: string,
  here: ReturnType<typeof statesOf>,
): Promise<string | undefined> {
  const wanted = JSON.stringify(here.map(([address]) => [address, "up"]).sort());
  const said = await Promise.all(
    server.followers.map(async (endpoint) => {
      try {
        const answer = await world.ports.dns.query(endpoint, whyName, "TXT", signal);
        return JSON.stringify([...statesOf(parseHealth(answer))].sort()) === wanted;
      } catch (thrown) {
        if (Failure.from(thrown, server.id).code === "Unexpected") throw thrown;
        return false;
      }
    }),
  );
  const late = server.followers.filter((_, index) => said[index] !== true);
  if (late.length === 0) return undefined;
  const names = late.map(({ address, port }) => `${address}:${port}`).join(", ");
  return `the secondary at ${names} does not say so yet`;
}

function statesOf(view: HealthView): readonly (readonly [string, string])[] {
  return addressTypes.flatMap((type) => [...view[type]]);
}
