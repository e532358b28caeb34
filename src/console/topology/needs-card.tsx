/** What does not come right by itself: each need with the region, the reason, and the command that answers it. */
import type { ReactNode } from "react";
import type { TopologyView } from "../../core/view/topology-view.ts";
import { Glyph } from "../glyph.tsx";

/** The card of needs; nothing when nobody is needed. */
export function NeedsCard({ view }: { readonly view: TopologyView }): ReactNode {
  const needs = view.groups.flatMap((group) =>
    group.sides.flatMap((side) =>
      side.needs.map((need) => ({ ...need, group: group.name, cluster: side.cluster })),
    ),
  );
  const { problems, stale } = view.documents;
  if (needs.length === 0 && problems.length === 0 && stale === null) return null;
  return (
    <section className="card needs" aria-labelledby="needs">
      <div className="card-head">
        <h2 id="needs">Needs somebody</h2>
      </div>
      <ul>
        {needs.map(({ group, cluster, reason, because, remedy }) => (
          <li key={`${group} ${cluster} ${reason} ${because}`}>
            <Glyph name="warn" />
            <span>
              <b>{reason}</b> <span className="mono">{cluster}</span> of {group}: {because}.{" "}
              {remedy === "look" ? null : (
                <code>sovereign failover {commands[remedy] ?? remedy}</code>
              )}
            </span>
          </li>
        ))}
        {stale === null ? null : (
          <li>
            <Glyph name="warn" />
            <span>
              <b>Documents</b> {stale}
            </span>
          </li>
        )}
        {problems.map((problem) => (
          <li key={problem}>
            <Glyph name="warn" />
            <span>
              <b>Document</b> {problem}
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}

const commands: Readonly<Record<string, string>> = {
  takeOver: "take-over",
  closeRound: "close-round",
};
