/** The Topology page: the view of the moment, asked for every second. */
import type { ReactNode } from "react";
import type { TopologyView } from "../../core/view/topology-view.ts";
import { Frame } from "../frame.tsx";
import { useLive } from "../live.ts";
import { NavFoot } from "./nav-foot.tsx";
import { TopologyScreen } from "./topology-screen.tsx";

/** The whole page. */
export function TopologyPage(): ReactNode {
  const live = useLive<TopologyView>("/v1/topology", 1_000);
  const { view } = live;
  return (
    <Frame
      screen="topology"
      of={view?.sovereign ?? undefined}
      title={view?.headline.text}
      live={live}
      foot={view === undefined ? null : <NavFoot view={view} />}
    >
      {view === undefined ? null : <TopologyScreen view={view} askedAtMs={live.askedAtMs} />}
    </Frame>
  );
}
