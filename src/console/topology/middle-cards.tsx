/** What stands between the regions: where name servers lead, and who holds which lease for how long. */
import type { ReactNode } from "react";
import type { GroupView, TopologyView } from "../../core/view/topology-view.ts";
import { Word } from "../glyph.tsx";
import { LeaseBar } from "./lease-bar.tsx";
import { AnswerWord } from "./role-word.tsx";

/** The leases of all groups. */
export function LeasesCard(props: {
  readonly groups: readonly GroupView[];
  readonly askedAtMs: number;
}): ReactNode {
  return (
    <section className="card" aria-labelledby="leases">
      <div className="card-head">
        <h2 id="leases">Leases</h2>
        <span className="mute">until the holder fences itself</span>
      </div>
      {props.groups.map(({ name, lease }) =>
        lease === null ? (
          <div className="lease" key={name}>
            <div className="lease-line">
              <span className="strong">{name}</span>
              <Word glyph="unknown" tone="warn">
                nobody is heard to hold it
              </Word>
            </div>
          </div>
        ) : (
          <LeaseBar key={name} group={name} lease={lease} askedAtMs={props.askedAtMs} />
        ),
      )}
    </section>
  );
}

/** Where each name server leads for each group. */
export function AnswersCard({ view }: { readonly view: TopologyView }): ReactNode {
  const servers = view.nameServers.map(({ server }) => server);
  return (
    <section className="card" aria-labelledby="answers">
      <div className="card-head">
        <h2 id="answers">Answers of the name servers</h2>
      </div>
      <ul className="leads">
        {view.groups.flatMap((group) =>
          servers.map((server) => (
            <li key={`${group.name} ${server}`}>
              <span className="mono">{server.split(" of ")[0]}</span>
              <span className="mute">{group.name}</span>
              <Leads group={group} server={server} />
            </li>
          )),
        )}
      </ul>
    </section>
  );
}

function Leads({
  group,
  server,
}: {
  readonly group: GroupView;
  readonly server: string;
}): ReactNode {
  const own = group.answers.filter((answer) => answer.server === server);
  const bad = own.find(({ state }) => state !== "right");
  if (bad !== undefined) return <AnswerWord state={bad.state} />;
  const clusters = [...new Set(own.flatMap((answer) => answer.clusters))];
  if (clusters.length === 0) {
    return (
      <Word glyph="none" tone="mute">
        no answer for it
      </Word>
    );
  }
  const holder = group.state === "served" ? group.lease?.holder : undefined;
  const follows = holder === undefined || (clusters.length === 1 && clusters[0] === holder);
  return (
    <Word glyph={follows ? "active" : "warn"} tone={follows ? "act" : "warn"}>
      leads to <span className="mono">{clusters.join(" and ")}</span>
    </Word>
  );
}
