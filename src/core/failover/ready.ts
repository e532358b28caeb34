/** Whether the data of this region could be promoted now, by what was last measured of it. */
import type { AgentState } from "./state.ts";
import type { AgentContext } from "./step.ts";

/** What is in the way, one sentence each; empty when nothing is. */
export function notReady({ group }: AgentContext, { facts }: AgentState): readonly string[] {
  const precious = group.services.filter(({ mayLose }) => mayLose === "nothing");
  if (facts === null) return precious.length === 0 ? [] : ["the data here was not measured yet"];
  const here = new Map(facts.services.map((service) => [service.name, service]));
  const unfit = precious
    .filter(({ name }) => here.get(name)?.ready !== true)
    .map(({ name }) => `${name} here could not be promoted`);
  return [...facts.notReady, ...unfit];
}
