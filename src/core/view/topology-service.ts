/** The data services of a failover group: who takes writes, who follows, and how far behind. */
import type { HeardReport } from "../failover/agent-report-schema.ts";
import { freshReport, type Side } from "./topology-side.ts";
import type { ServiceView, SyncWord } from "./topology-view.ts";

type Service = NonNullable<HeardReport["data"]>["services"][number];

/** Every service that one of the agents tells of, by name. */
export function servicesOf(
  sides: readonly Side[],
  holder: Side | undefined,
): readonly ServiceView[] {
  const names = new Set(
    sides.flatMap((side) => freshReport(side)?.data?.services.map(({ name }) => name) ?? []),
  );
  return [...names].sort().map((name) => serviceView(name, sides, holder));
}

function serviceView(name: string, sides: readonly Side[], holder: Side | undefined): ServiceView {
  const copies = sides.map((side) => {
    const { cluster } = side;
    const service = serviceAt(side, name);
    if (service === undefined) {
      const role = freshReport(side) === null ? "silent" : "unknown";
      return { cluster, role, timeline: null, ready: null } as const;
    }
    const { role, timeline, ready } = service;
    return { cluster, role, timeline, ready };
  });
  const other = sides.find((side) => side !== holder);
  const writing = holder === undefined ? undefined : serviceAt(holder, name);
  const following =
    holder === undefined || other === undefined ? undefined : serviceAt(other, name);
  const lagBytes = lagOf(name, writing, following, holder, other);
  return {
    name,
    copies,
    sync: syncOf(writing, holder),
    lagBytes,
    lagMs: following?.role === "standby" ? (following.lagMs ?? null) : null,
  };
}

function serviceAt(side: Side, name: string): Service | undefined {
  return freshReport(side)?.data?.services.find((service) => service.name === name);
}

/** The two measured positions apart; where the writing side is silent, the one that its last renewal told the witness. */
function lagOf(
  name: string,
  writing: Service | undefined,
  following: Service | undefined,
  holder: Side | undefined,
  other: Side | undefined,
): number | null {
  if (following?.position == null || following.role !== "standby") return null;
  const told = other === undefined ? undefined : freshReport(other)?.witnessPositions[name];
  const written = writing?.position ?? (holder === undefined ? undefined : told);
  return written == null ? null : Math.max(0, written - following.position);
}

function syncOf(writing: Service | undefined, holder: Side | undefined): SyncWord {
  const recorded = holder === undefined ? undefined : freshReport(holder)?.status.sync.recorded;
  if (writing === undefined || recorded === undefined) return "unknown";
  if (writing.sync === "stalled") return "stalled";
  if (recorded === "none") return "none";
  return recorded === "in_sync" && writing.sync === "in_sync" ? "inStep" : "behind";
}
