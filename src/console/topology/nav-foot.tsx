/** Which control process tells all this, and by which documents. */
import type { ReactNode } from "react";
import type { TopologyView } from "../../core/view/topology-view.ts";

/** What stands below the names of the screens. */
export function NavFoot({ view }: { readonly view: TopologyView }): ReactNode {
  const { control, documents } = view;
  return (
    <>
      <span>
        control of <span className="mono">{control.cluster}</span>
      </span>
      <span>version {control.version}</span>
      {control.observeOnly ? <span>it only looks on</span> : null}
      <span>
        documents <span className="mono">{documents.revision?.slice(0, 12) ?? "not read yet"}</span>
      </span>
    </>
  );
}
