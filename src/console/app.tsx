/** The console: a screen by its path. Its title is the answer, in the window's title as well. */
import type { ReactNode } from "react";
import { DrillPage } from "./drills/drill-page.tsx";
import { DrillsPage } from "./drills/drills-page.tsx";
import { TopologyPage } from "./topology/topology-page.tsx";

/** The page of a path, such as `/drills/<id>`; links load it anew, so that there is no history to keep. */
export function App({ path }: { readonly path: string }): ReactNode {
  const [, screen, id] = path.split("/");
  if (screen !== "drills") return <TopologyPage />;
  return id === undefined || id === "" ? <DrillsPage /> : <DrillPage id={id} />;
}
