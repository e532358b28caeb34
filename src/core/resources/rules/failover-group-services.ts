/** What the data services of a FailoverGroup must fulfil: names of their own, and an order that can be followed. */
import { didYouMean } from "../../names/nearest.ts";
import type { ServiceSpec } from "../failover-group.ts";
import { type Finding, shortText } from "../problem.ts";
import type { FailoverGroupFacts } from "./failover-group-facts.ts";
import { type DocumentRule, repeats } from "./rule.ts";

type Services = readonly ServiceSpec[];

function about(
  reason: string,
  check: (services: Services) => readonly Finding[],
): DocumentRule<FailoverGroupFacts> {
  return { reason, check: ({ group }) => check(group.spec.services ?? []) };
}

export const serviceRules: readonly DocumentRule<FailoverGroupFacts>[] = [
  about("DuplicateService", (services) =>
    repeats(services.map(({ name }) => name)).map(({ index, first }) => ({
      path: ["spec", "services", index, "name"],
      expected: `a name of its own; services[${first}] has this one`,
    })),
  ),
  about("UnknownService", checkAfter),
  about("OrderInCircle", checkCircle),
  about("NothingIsHeld", (services) =>
    services.flatMap(({ kind, mayLose, unpublishedBytes }, s) =>
      unpublishedBytes === undefined || (kind === "postgresql" && mayLose === "nothing")
        ? []
        : [
            {
              path: ["spec", "services", s, "unpublishedBytes"],
              expected: "a service of kind postgresql with `mayLose: nothing`; no other is held",
            },
          ],
    ),
  ),
];

function checkAfter(services: Services): readonly Finding[] {
  const names = services.map(({ name }) => name);
  return services.flatMap(({ name, after = [] }, s) =>
    after.flatMap((other, a) => {
      const others = names.filter((one) => one !== name);
      if (others.includes(other)) return [];
      // A service after itself is a circle, which is the other rule's.
      if (other === name) return [];
      const listed = others.length === 0 ? "there is no other" : others.map(shortText).join(", ");
      return [
        {
          path: ["spec", "services", s, "after", a],
          expected: `another service of the group (${listed})${didYouMean(other, others)}`,
        },
      ];
    }),
  );
}

function checkCircle(services: Services): readonly Finding[] {
  const circle = findCircle(new Map(services.map(({ name, after = [] }) => [name, after])));
  const [first] = circle;
  if (first === undefined) return [];
  const index = services.findIndex(({ name }) => name === first);
  return [
    {
      path: ["spec", "services", index, "after"],
      found: circle.map(shortText).join(" after "),
      expected: "an order in which every service comes after those that it names",
    },
  ];
}

/** Names of a circle, the first again at the end; empty when there is none. */
function findCircle(after: ReadonlyMap<string, readonly string[]>): readonly string[] {
  const done = new Set<string>();
  const walk = (name: string, path: readonly string[]): readonly string[] => {
    const start = path.indexOf(name);
    if (start >= 0) return [...path.slice(start), name];
    if (done.has(name)) return [];
    for (const next of after.get(name) ?? []) {
      const circle = walk(next, [...path, name]);
      if (circle.length > 0) return circle;
    }
    done.add(name);
    return [];
  };
  for (const name of after.keys()) {
    const circle = walk(name, []);
    if (circle.length > 0) return circle;
  }
  return [];
}
