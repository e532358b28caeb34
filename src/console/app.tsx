/** The console: one screen today. Its title is the answer, in the window's title as well. */
import { type ReactNode, useEffect } from "react";
import { Announcer } from "./announcer.tsx";
import { Frame, StaleNotice } from "./frame.tsx";
import { useLiveTopology } from "./live-topology.ts";
import { TopologyScreen } from "./topology/topology-screen.tsx";

/** The whole page. */
export function App(): ReactNode {
  const live = useLiveTopology();
  const { view, failure } = live;
  const title = view?.headline.text ?? "Topology";
  useEffect(() => {
    document.title = `${title} · Sovereign`;
  }, [title]);
  return (
    <Frame live={live}>
      <Announcer text={view?.headline.text ?? ""} />
      <StaleNotice live={live} />
      {view === undefined ? (
        <div className="head">
          <h1>{failure === undefined ? "Asking the control process" : "No answer yet"}</h1>
          {failure === undefined ? null : <p className="head-sub">{failure}; it is asked again.</p>}
        </div>
      ) : (
        <TopologyScreen view={view} askedAtMs={live.askedAtMs} />
      )}
    </Frame>
  );
}
