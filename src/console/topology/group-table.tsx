/** Every failover group in a row: roles left and right in their places, health, lag, and what the rows say in words. */
import type { ReactNode } from "react";
import type {
  GroupView,
  RegionView,
  ServiceView,
  SideView,
} from "../../core/view/topology-view.ts";
import { bytesText } from "../../core/view/topology-words.ts";
import { Word } from "../glyph.tsx";
import { durationText } from "../text.ts";
import { RoleWord, StateWord, SyncWordOf } from "./role-word.tsx";

/** The table of groups, the twin of the picture. */
export function GroupTable(props: {
  readonly groups: readonly GroupView[];
  readonly regions: readonly RegionView[];
}): ReactNode {
  const { groups, regions } = props;
  return (
    <section className="card" aria-labelledby="groups">
      <div className="card-head">
        <h2 id="groups">Failover groups</h2>
        <span className="mute">
          {groups.length === 1 ? "1 declared" : `${groups.length} declared`}
        </span>
      </div>
      <table className="table">
        <thead>
          <tr>
            <th scope="col">Group</th>
            <th scope="col">State</th>
            {regions.map(({ cluster }) => (
              <th scope="col" className="mono" key={cluster}>
                {cluster}
              </th>
            ))}
            <th scope="col">Mode</th>
            <th scope="col" className="num">
              Epoch
            </th>
          </tr>
        </thead>
        <tbody>
          {groups.map((group) => (
            <GroupRow key={group.name} group={group} regions={regions} />
          ))}
        </tbody>
      </table>
    </section>
  );
}

function GroupRow(props: {
  readonly group: GroupView;
  readonly regions: readonly RegionView[];
}): ReactNode {
  const { name, state, sides, mode, lease } = props.group;
  return (
    <tr>
      <th scope="row" data-label="Group">
        {name}
      </th>
      <td data-label="State">
        <StateWord state={state} />
      </td>
      {props.regions.map(({ cluster }) => {
        const side = sides.find((one) => one.cluster === cluster);
        return (
          <td key={cluster} data-label={cluster}>
            {side === undefined ? (
              <span className="mute">not placed</span>
            ) : (
              <SideCell side={side} />
            )}
          </td>
        );
      })}
      <td data-label="Mode">{mode}</td>
      <td className="num mono" data-label="Epoch">
        {lease?.epoch ?? "–"}
      </td>
    </tr>
  );
}

function SideCell({ side }: { readonly side: SideView }): ReactNode {
  const { role, because, health, witness } = side;
  return (
    <div className="side">
      <RoleWord role={role} />
      <span className="because">{because}</span>
      {health === null ? null : (
        <span className="mute">
          health path <span className="mono">{health.status}</span>
        </span>
      )}
      {witness.state === "silent" ? (
        <Word glyph="warn" tone="warn">
          witness silent for {durationText(witness.silentForMs ?? 0)}
        </Word>
      ) : null}
    </div>
  );
}

/** Every data service: who takes writes, who follows, how far behind. */
export function ServiceTable(props: {
  readonly groups: readonly GroupView[];
  readonly regions: readonly RegionView[];
}): ReactNode {
  const rows = props.groups.flatMap((group) =>
    group.services.map((service) => ({ group: group.name, service })),
  );
  if (rows.length === 0) return null;
  return (
    <section className="card" aria-labelledby="services">
      <div className="card-head">
        <h2 id="services">Data services</h2>
      </div>
      <table className="table">
        <thead>
          <tr>
            <th scope="col">Service</th>
            {props.regions.map(({ cluster }) => (
              <th scope="col" className="mono" key={cluster}>
                {cluster}
              </th>
            ))}
            <th scope="col">Standby</th>
            <th scope="col" className="num">
              Lag
            </th>
          </tr>
        </thead>
        <tbody>
          {rows.map(({ group, service }) => (
            <tr key={`${group} ${service.name}`}>
              <th scope="row" data-label="Service">
                <span>
                  {service.name} <span className="mute">of {group}</span>
                </span>
              </th>
              {props.regions.map(({ cluster }) => (
                <td key={cluster} data-label={cluster}>
                  <Copy service={service} cluster={cluster} />
                </td>
              ))}
              <td data-label="Standby">
                <SyncWordOf sync={service.sync} />
              </td>
              <td className="num mono" data-label="Lag">
                {lagText(service)}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

function Copy({
  service,
  cluster,
}: {
  readonly service: ServiceView;
  readonly cluster: string;
}): ReactNode {
  const copy = service.copies.find((one) => one.cluster === cluster);
  if (copy === undefined) return <span className="mute">not placed</span>;
  const timeline = copy.timeline === null ? "" : `, timeline ${copy.timeline}`;
  switch (copy.role) {
    case "writable":
      return (
        <Word glyph="active" tone="act">
          takes writes{timeline}
        </Word>
      );
    case "standby":
      return (
        <Word glyph="standby" tone="plain">
          follows{timeline}
        </Word>
      );
    case "absent":
      return (
        <Word glyph="fail" tone="bad">
          absent
        </Word>
      );
    case "unknown":
    case "silent":
      return (
        <Word glyph="unknown" tone="warn">
          not known
        </Word>
      );
  }
}

function lagText({ lagBytes, lagMs }: ServiceView): string {
  const bytes = lagBytes === null ? [] : [bytesText(lagBytes)];
  const age = lagMs === null ? [] : [durationText(lagMs)];
  return [...bytes, ...age].join(", ") || "not known";
}
