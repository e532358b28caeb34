/** The frame of every screen: brand, screens, where one is, how fresh it is, and the theme. */
import type { ReactNode } from "react";
import type { TopologyView } from "../core/view/topology-view.ts";
import { Glyph, Word } from "./glyph.tsx";
import type { Live } from "./live-topology.ts";
import { useNow } from "./now.ts";
import { durationText } from "./text.ts";
import { switchTheme } from "./theme.ts";

/** Older than this, what is shown may be wrong, and the page says so. */
export const staleAfterMs = 4_000;

/** The screen `children` in the frame. */
export function Frame(props: { readonly live: Live; readonly children: ReactNode }): ReactNode {
  const { view } = props.live;
  return (
    <div className="app">
      <a className="skip" href="#main">
        Skip to the content
      </a>
      <header className="banner">
        <a className="brand" href="/">
          <Logo />
          Sovereign
        </a>
        <div className="top">
          <span className="crumb">
            {view?.sovereign == null ? null : <span className="crumb-of">{view.sovereign} / </span>}
            <b>Topology</b>
          </span>
          <Freshness live={props.live} />
          <button type="button" className="iconbtn" aria-label="Switch theme" onClick={switchTheme}>
            <ThemeIcon />
          </button>
        </div>
      </header>
      <nav className="nav" aria-label="Screens">
        <div className="nav-in">
          <a href="/" aria-current="page">
            <TopologyIcon />
            <span>Topology</span>
          </a>
          <NavFoot view={view} />
        </div>
      </nav>
      <main className="main" id="main">
        {props.children}
      </main>
    </div>
  );
}

function NavFoot({ view }: { readonly view: TopologyView | undefined }): ReactNode {
  if (view === undefined) return null;
  const { control, documents } = view;
  return (
    <div className="foot">
      <span>
        control of <span className="mono">{control.cluster}</span>
      </span>
      <span>version {control.version}</span>
      {control.observeOnly ? <span>it only looks on</span> : null}
      <span>
        documents <span className="mono">{documents.revision?.slice(0, 12) ?? "not read yet"}</span>
      </span>
    </div>
  );
}

/** How old the newest answer is; a silent control process is told of in words. */
function Freshness({ live }: { readonly live: Live }): ReactNode {
  const nowMs = useNow(500);
  if (live.view === undefined) {
    return live.failure === undefined ? (
      <Word glyph="wait" tone="mute">
        asking
      </Word>
    ) : (
      <Word glyph="fail" tone="bad">
        no answer
      </Word>
    );
  }
  const ageMs = Math.max(0, nowMs - live.askedAtMs);
  const isStale = ageMs > staleAfterMs;
  return (
    <Word glyph={isStale ? "warn" : "active"} tone={isStale ? "warn" : "act"}>
      {isStale ? `stale for ${durationText(ageMs)}` : "live"}
    </Word>
  );
}

function Logo(): ReactNode {
  const box = { width: 6, height: 11.5, rx: 1.5, fill: "none", strokeWidth: 1.8 };
  return (
    <svg width="20" height="20" viewBox="0 0 20 20" aria-hidden="true" focusable="false">
      <rect x="1.5" y="7" {...box} stroke="currentColor" />
      <rect x="12.5" y="7" {...box} stroke="currentColor" />
      <circle className="logo-dot" cx="10" cy="3.2" r="2" />
    </svg>
  );
}

function TopologyIcon(): ReactNode {
  return (
    <svg className="icon" viewBox="0 0 16 16" aria-hidden="true" focusable="false">
      <g fill="none" stroke="currentColor" strokeWidth="1.5">
        <rect x="1.75" y="5" width="4.5" height="9" rx="1" />
        <rect x="9.75" y="5" width="4.5" height="9" rx="1" />
        <circle cx="8" cy="2.4" r="1.1" />
        <path d="M6.25 10.5h3.5" />
      </g>
    </svg>
  );
}

function ThemeIcon(): ReactNode {
  return (
    <svg className="icon" viewBox="0 0 16 16" aria-hidden="true" focusable="false">
      <circle cx="8" cy="8" r="5.6" fill="none" stroke="currentColor" strokeWidth="1.5" />
      <path d="M8 2.4a5.6 5.6 0 0 1 0 11.2z" fill="currentColor" />
    </svg>
  );
}

/** Said when nothing newer came: all that stands below is as it was. */
export function StaleNotice({ live }: { readonly live: Live }): ReactNode {
  const nowMs = useNow(500);
  const ageMs = nowMs - live.askedAtMs;
  if (live.view === undefined || ageMs <= staleAfterMs) return null;
  const reason = live.failure === undefined ? "" : `: ${live.failure}`;
  return (
    <p className="notice notice-warn">
      <Glyph name="warn" />
      <span>{`Everything below was so ${durationText(ageMs)} ago${reason}.`}</span>
    </p>
  );
}
