/** The topology as this control plane sees it, made anew at each request from what its controllers remember. */
import { lastEvents } from "../adapters/journal/read-events.ts";
import type { AgentWatch } from "../control/agents/agent-watch.ts";
import type { DnsController } from "../control/dns-controller.ts";
import type { TailLine } from "../control/kept-tail.ts";
import { type ResolvedGroup, resolveGroups } from "../core/failover/resolve-group.ts";
import { factsOf } from "../core/journal/event-facts.ts";
import type { Catalogue } from "../core/resources/catalogue.ts";
import { topologyOf } from "../core/view/topology.ts";
import type { TopologyView } from "../core/view/topology-view.ts";
import { version } from "./version.ts";

export type TopologyParts = {
  /** The controller that runs now. */
  readonly controller: () => DnsController;
  readonly watch: AgentWatch;
  readonly tail: () => readonly TailLine[];
  readonly nowMs: () => number;
};

/** Gives the view of the moment in which it is called. */
export function topologySource(parts: TopologyParts): () => TopologyView {
  const groupsOf = remembered(resolveGroups);
  return () => {
    const controller = parts.controller();
    const catalogue = controller.catalogue();
    return topologyOf({
      atMs: parts.nowMs(),
      version,
      dns: controller.current(),
      catalogue,
      groups: catalogue === undefined ? [] : groupsOf(catalogue),
      agents: parts.watch
        .sights()
        .map((sight) => ({ ...sight, failure: sight.failure?.message ?? null })),
      events: parts.tail(),
    });
  };
}

/** A catalogue is resolved once, however often it is shown. */
function remembered(
  resolve: (catalogue: Catalogue) => readonly ResolvedGroup[],
): (catalogue: Catalogue) => readonly ResolvedGroup[] {
  let last: { readonly of: Catalogue; readonly groups: readonly ResolvedGroup[] } | undefined;
  return (catalogue) => {
    if (last?.of !== catalogue) last = { of: catalogue, groups: resolve(catalogue) };
    return last.groups;
  };
}

export const tailLength = 50;

/** What the process before this one journalled last; nothing where it can not be read. */
export async function linesBefore(folder: string): Promise<readonly TailLine[]> {
  const last = await lastEvents(folder, tailLength, () => true).catch(() => undefined); // Opening it tells why.
  const events = last?.events ?? [];
  return events.map(({ atMs, type, data }) => ({ atMs, type, text: factsOf(data) }));
}
