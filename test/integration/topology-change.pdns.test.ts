/**
 * A region comes and goes on real name servers, each written by its own control plane, while a client asks for every
 * name on every server without a pause: plain records become LUA and plain again, and nobody ever gets a wrong answer.
 */
import { afterAll, beforeAll, expect, test } from "vitest";
import type { DnsStatus } from "../../src/core/dns/status.ts";
import { required } from "../../src/core/kernel/assert.ts";
import type { PlacedApplication } from "../../src/core/resources/catalogue.ts";
import { type MemorySource, memorySource } from "../../src/sim/memory-source.ts";
import { documentsOf, fsn, hel, placed, type Spec, zone } from "../catalogue.ts";
import { type Backends, startBackends } from "./backends.ts";
import { type Control, type LiveRegion, liveSovereign, startControl } from "./control-world.ts";
import { askAll, type ClientQuestion } from "./dns-client-query.ts";
import { type PdnsServer, startPdnsServer } from "./pdns-server.ts";

const limitMs = 30_000;
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const types = ["A", "AAAA"] as const;

/** What each Application is with one region, and with both; and the backends that it may answer with in either. */
const table: Readonly<Record<string, { readonly alone: Spec; readonly both: Spec }>> = (() => {
  const alone: Spec = { placement: "single-region", regions: [fsn] };
  const standby = (regions: string[]): Spec => ({ placement: "active-hotstandby", regions });
  return {
    both: { alone, both: { placement: "active-active", regions: [fsn, hel] } },
    standby: { alone, both: standby([fsn, hel]) },
    standbyback: { alone, both: standby([hel, fsn]) },
    warm: { alone, both: { placement: "active-passive-warm", regions: [fsn, hel] } },
    promoted: {
      alone,
      both: { placement: "active-passive-warm", regions: [fsn, hel], activeRegion: hel },
    },
    canary: {
      alone,
      both: {
        placement: "weighted-canary",
        regions: [fsn, hel],
        weights: { [fsn]: 60, [hel]: 40 },
      },
    },
    moved: { alone, both: { placement: "single-region", regions: [hel] } },
    stays: { alone, both: alone },
  };
})();
const names = Object.keys(table);
/** Clusters whose addresses are in the plan with both regions, and those that answer then, with everything up. */
const plannedIn: Readonly<Record<string, readonly string[]>> = {
  both: [fsn, hel],
  standby: [fsn, hel],
  standbyback: [fsn, hel],
  warm: [fsn],
  promoted: [hel],
  canary: [fsn, hel],
  moved: [hel],
  stays: [fsn],
};

type Phase = "alone" | "both";

let backends: Backends;
let servers: readonly PdnsServer[] = [];
let controls: readonly Control[] = [];
let source: MemorySource;

const fqdnOf = (name: string): string => `${name}.acme-prod.${zone.slice(0, -1)}`;
const healthCheck = (): Spec => ({
  healthCheck: { scheme: "http", port: backends.port, path: "/healthz" },
});
const addressesIn = (cluster: string): readonly string[] => {
  const backend = backends.list[cluster === fsn ? 0 : 1];
  return backend === undefined ? [] : [backend.ipv4, backend.ipv6];
};
const plannedOf = (phase: Phase, name: string): readonly string[] =>
  (phase === "alone" ? [fsn] : (plannedIn[name] ?? [])).flatMap(addressesIn);

function publish(regions: Phase, applications: Phase): void {
  const all: readonly LiveRegion[] = [fsn, hel].flatMap((cluster, index) => {
    const backend = backends.list[index];
    const pdns = servers[index];
    if (backend === undefined || pdns === undefined) return [];
    return [{ cluster, ipv4: [backend.ipv4], ipv6: [backend.ipv6], pdns }];
  });
  const declared: readonly PlacedApplication[] = Object.entries(table).map(([name, spec]) =>
    placed(name, { ...healthCheck(), ...spec[applications] }),
  );
  const sovereign = liveSovereign(regions === "alone" ? all.slice(0, 1) : all);
  source.publish(documentsOf(declared, sovereign));
}

/** Asks one server for everything, over and over, and remembers each answer that is not allowed. */
function startAsking(server: PdnsServer, phases: Phase) {
  let allowed: ReadonlySet<Phase> = new Set([phases]);
  let stopped = false;
  let asked = 0;
  const wrong: string[] = [];
  const questions: readonly ClientQuestion[] = names.flatMap((name) =>
    types.map((type) => ({ name: fqdnOf(name), type })),
  );
  const pass = async (): Promise<void> => {
    const before = allowed;
    const answers = await askAll(server.dns, questions);
    const phasesOfPass = [...new Set([...before, ...allowed])];
    asked += answers.length;
    for (const [index, { rcode, data }] of answers.entries()) {
      const question = questions[index];
      const name = question?.name.split(".")[0] ?? "";
      const planned = phasesOfPass.flatMap((phase) => plannedOf(phase, name));
      const outside = data.filter((address) => !planned.includes(address));
      if (rcode === "NOERROR" && data.length > 0 && outside.length === 0) continue;
      wrong.push(`${server.options.id} ${question?.type} ${name}: ${rcode} ${data.join(" ")}`);
    }
  };
  const startedAtMs = performance.now();
  const running = (async () => {
    while (!stopped) {
      await pass();
      await pause(5);
    }
  })();
  return {
    /** From now on answers of these plans are right. */
    allow: (...next: readonly Phase[]) => {
      allowed = new Set(next);
    },
    wrong,
    asked: () => asked,
    end: async (): Promise<number> => {
      stopped = true;
      await running;
      return (asked * 1_000) / (performance.now() - startedAtMs);
    },
  };
}
type Asking = ReturnType<typeof startAsking>;

/** Resolves when the control plane of the server says that it holds the newest revision completely. */
async function untilApplied(index: number, revision: string): Promise<void> {
  const applied = (): unknown =>
    controls[index]?.current().servers[index]?.appliedRevision ?? "nothing";
  await expect.poll(applied, { timeout: limitMs, interval: 20 }).toBe(revision);
}

async function moreAnswers(asking: Asking, count: number): Promise<void> {
  const enough = asking.asked() + count;
  await expect.poll(asking.asked, { timeout: limitMs, interval: 20 }).toBeGreaterThan(enough);
}

beforeAll(async () => {
  backends = await startBackends(2);
  servers = [await startPdnsServer([zone], "ns1"), await startPdnsServer([zone], "ns2")];
  source = memorySource();
  publish("alone", "alone");
  controls = await Promise.all(
    [fsn, hel].map((cluster, index) =>
      startControl({
        cluster,
        source,
        readKey: () => servers[index]?.apiKey ?? "",
        timeoutMs: 10_000,
      }),
    ),
  );
});
afterAll(async () => {
  await Promise.all(controls.map((control) => control.stop()));
  await Promise.all(servers.map((server) => server.stop()));
  backends.stop();
});

test("a region comes and goes twice, and every answer on every server is of the old plan or the new one", async ({
  annotate,
}) => {
  const ns1 = required(servers[0], "there are two servers");
  const ns2 = required(servers[1], "there are two servers");
  await untilApplied(0, "memory-1");
  const first = startAsking(ns1, "alone");
  let second: Asking | undefined;
  let revision = 1;
  const next = (regions: Phase, applications: Phase): string => {
    publish(regions, applications);
    revision += 1;
    return `memory-${revision}`;
  };
  try {
    for (let turn = 0; turn < 2; turn++) {
      await moreAnswers(first, 200);
      // The region and the Applications that use it come in one commit.
      first.allow("alone", "both");
      second?.allow("alone", "both");
      const added = next("both", "both");
      await Promise.all([untilApplied(0, added), untilApplied(1, added)]);
      // A server is asked by everybody once it holds the zone, and from then on to the end.
      second ??= startAsking(ns2, "both");
      first.allow("both");
      second.allow("both");
      await moreAnswers(first, 300);
      await moreAnswers(second, 300);
      // Each control plane asked the other's server while that one was still at work, and asks again.
      const judged = (): unknown => controls.flatMap((control) => judgedWrong(control.current()));
      await expect.poll(judged, { timeout: limitMs, interval: 20 }).toEqual([]);

      // The region goes while Applications still name it: that commit is refused, and nothing moves.
      const wrong = next("alone", "both");
      await expect
        .poll(() => controls[0]?.current().revision, { timeout: limitMs, interval: 20 })
        .toBe(wrong);
      await moreAnswers(first, 300);
      expect(controls[0]?.current().problems).not.toEqual([]);

      first.allow("alone", "both");
      const removed = next("alone", "alone");
      await untilApplied(0, removed);
      // The server that left is nobody's any more and goes on answering what it was last told.
      first.allow("alone");
      await moreAnswers(first, 300);
      await moreAnswers(second, 300);
    }
  } finally {
    const perSecond = [await first.end(), (await second?.end()) ?? 0];
    await annotate(`questions per second: ${perSecond.map(Math.round).join(" and ")}`);
    expect([...first.wrong, ...(second?.wrong ?? [])]).toEqual([]);
    for (const rate of perSecond) expect(rate).toBeGreaterThan(20);
  }
});

function judgedWrong(status: DnsStatus): readonly string[] {
  return status.servers.flatMap(({ server, answers }) =>
    answers
      .filter(({ state }) => state === "wrong")
      .map(({ fqdn, type, because }) => `${server} ${type} ${fqdn}: ${because}`),
  );
}
