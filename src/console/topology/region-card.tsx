/** One region: what it is for how many groups, its agents, its name servers. */
import type { ReactNode } from "react";
import type {
  AgentView,
  NameServerView,
  RegionView,
  Role,
  TopologyView,
} from "../../core/view/topology-view.ts";
import { Word } from "../glyph.tsx";
import { durationText } from "../text.ts";
import { AnswerWord, RoleWord } from "./role-word.tsx";

const shown: readonly Role[] = ["active", "standby", "held"];
const rare: readonly Role[] = ["promoting", "changing", "fencing", "observing", "silent"];

/** The card of a region, on its own side. */
export function RegionCard(props: {
  readonly region: RegionView;
  readonly view: TopologyView;
}): ReactNode {
  const { region, view } = props;
  const { cluster, place, roles, own } = region;
  const agents = view.agents.filter((agent) => agent.cluster === cluster);
  const servers = view.nameServers.filter((server) => server.cluster === cluster);
  return (
    <section className={`card region region-${place}`} aria-labelledby={`region-${cluster}`}>
      <div className="card-head">
        <h2 className="mono" id={`region-${cluster}`}>
          {cluster}
        </h2>
        {own ? <span className="tag">this control plane</span> : null}
      </div>
      <ul className="counts" aria-label={`Failover groups in ${cluster} by role`}>
        {[...shown, ...rare.filter((role) => roles[role] > 0)].map((role) => (
          <li key={role}>
            <b>{roles[role]}</b>
            <RoleWord role={role} quiet={roles[role] === 0} />
          </li>
        ))}
      </ul>
      <dl className="facts">
        {agents.map((agent) => (
          <AgentRow key={agent.url} agent={agent} />
        ))}
        {agents.length === 0 ? (
          <div>
            <dt>Region agent</dt>
            <dd>
              <Word glyph="none" tone="mute">
                none is configured here
              </Word>
            </dd>
          </div>
        ) : null}
        {servers.map((server) => (
          <ServerRow key={server.server} server={server} />
        ))}
      </dl>
    </section>
  );
}

function ServerRow({ server }: { readonly server: NameServerView }): ReactNode {
  const { state, because, answersRight, answersWrong } = server;
  const counts = [
    `${answersRight} right`,
    ...(answersWrong === 0 ? [] : [`${answersWrong} wrong`]),
  ];
  return (
    <div>
      <dt>{server.server.split(" of ")[0]}</dt>
      <dd>
        <AnswerWord state={state} />
        {answersRight + answersWrong === 0 ? null : (
          <span className="mute">{counts.join(", ")}</span>
        )}
        {state === "right" || state === "unasked" ? null : (
          <span className="because">{because}</span>
        )}
      </dd>
    </div>
  );
}

function AgentRow({ agent }: { readonly agent: AgentView }): ReactNode {
  const { group, state, ageMs, because } = agent;
  return (
    <div>
      <dt>Region agent{group === null ? "" : ` of ${group}`}</dt>
      <dd>
        {state === "answers" ? (
          <Word glyph="active" tone="act">
            answers
          </Word>
        ) : (
          <Word glyph="unknown" tone={state === "silent" ? "bad" : "mute"}>
            {state === "silent" ? "silent" : "not heard yet"}
          </Word>
        )}
        {ageMs === null ? null : <span className="mute">heard {durationText(ageMs)} ago</span>}
        {because === null ? null : <span className="because">{because}</span>}
      </dd>
    </div>
  );
}
