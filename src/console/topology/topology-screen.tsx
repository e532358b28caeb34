/** The Topology screen: who serves, by what right, for how long, and what stands by; every number is the view's. */
import type { ReactNode } from "react";
import type { TopologyView } from "../../core/view/topology-view.ts";
import { type GlyphName, type Tone, Word } from "../glyph.tsx";
import { EventsCard } from "./events-card.tsx";
import { GroupTable, ServiceTable } from "./group-table.tsx";
import { AnswersCard, LeasesCard } from "./middle-cards.tsx";
import { NeedsCard } from "./needs-card.tsx";
import { NothingDeclared } from "./nothing-declared.tsx";
import { RegionCard } from "./region-card.tsx";

/** The screen of a view; `askedAtMs` is when it was asked for. */
export function TopologyScreen(props: {
  readonly view: TopologyView;
  readonly askedAtMs: number;
}): ReactNode {
  const { view, askedAtMs } = props;
  const [left, right] = view.regions;
  return (
    <>
      <div className="head">
        <h1>
          <Title text={view.headline.text} />
        </h1>
        <Summary view={view} />
      </div>
      <NeedsCard view={view} />
      {view.groups.length === 0 ? <NothingDeclared hasSovereign={view.sovereign !== null} /> : null}
      <div className={view.groups.length === 0 ? "picture picture-bare" : "picture"}>
        {left === undefined ? null : <RegionCard region={left} view={view} />}
        {view.groups.length === 0 ? null : (
          <div className="middle">
            <AnswersCard view={view} />
            <LeasesCard groups={view.groups} askedAtMs={askedAtMs} />
          </div>
        )}
        {right === undefined ? null : <RegionCard region={right} view={view} />}
      </div>
      {view.groups.length === 0 ? null : (
        <>
          <GroupTable groups={view.groups} regions={view.regions} />
          <ServiceTable groups={view.groups} regions={view.regions} />
        </>
      )}
      <EventsCard events={view.events} />
    </>
  );
}

/** The sentence, with the names of regions kept on one line each. */
function Title({ text }: { readonly text: string }): ReactNode {
  const parts = text.split(/(\S*-\S*)/);
  return parts.map((part, index) => {
    if (!part.includes("-")) return part;
    return (
      <span className="nowrap" key={`${parts.slice(0, index).join("").length}`}>
        {part}
      </span>
    );
  });
}

/** What the title leaves out, in counts. */
function Summary({ view }: { readonly view: TopologyView }): ReactNode {
  const served = view.groups.filter(({ state }) => state === "served").length;
  const look = servedLook(view);
  const silent = view.agents.filter(({ state }) => state !== "answers").length;
  const wrong = view.nameServers.filter(({ state }) => state !== "right" && state !== "unasked");
  return (
    <p className="head-sub">
      {view.groups.length === 0 ? null : (
        <Word glyph={look.glyph} tone={look.tone}>
          {served} of {view.groups.length} served
        </Word>
      )}
      {silent === 0 ? null : (
        <Word glyph="unknown" tone="bad">
          {silent === 1 ? "1 agent is silent" : `${silent} agents are silent`}
        </Word>
      )}
      {wrong.length === 0 ? null : (
        <Word glyph="warn" tone="warn">
          {wrong.length === 1
            ? "1 name server wants a look"
            : `${wrong.length} name servers want a look`}
        </Word>
      )}
      {view.control.observeOnly ? (
        <Word glyph="none" tone="mute">
          this control process only looks on
        </Word>
      ) : null}
    </p>
  );
}

function servedLook({ groups }: TopologyView): { readonly glyph: GlyphName; readonly tone: Tone } {
  if (groups.every(({ state }) => state === "served")) return { glyph: "active", tone: "act" };
  const isKnown = groups.every(({ state }) => state !== "unknown");
  return isKnown ? { glyph: "fail", tone: "bad" } : { glyph: "unknown", tone: "warn" };
}
