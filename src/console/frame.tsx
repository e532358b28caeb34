/** The frame of every screen: brand, screens, where one is, how fresh it is, and the theme. */
import { type ReactNode, useEffect } from "react";
import { Announcer } from "./announcer.tsx";
import { Glyph, Word } from "./glyph.tsx";
import type { Live } from "./live.ts";
import { useNow } from "./now.ts";
import { durationText } from "./text.ts";
import { switchTheme } from "./theme.ts";

type Screen = "topology" | "drills";

const screens: readonly {
  readonly screen: Screen;
  readonly name: string;
  readonly path: string;
  readonly Icon: () => ReactNode;
}[] = [
  { screen: "topology", name: "Topology", path: "/", Icon: TopologyIcon },
  { screen: "drills", name: "Drills", path: "/drills", Icon: DrillsIcon },
];

type FrameProps = {
  readonly screen: Screen;
  /** What stands before the screen's name: where it belongs. */
  readonly of?: string | undefined;
  /** What stands behind it: the one thing that is shown. */
  readonly one?: string | undefined;
  /** The answer, for the window and for those who listen; undefined until there is one. */
  readonly title: string | undefined;
  readonly live: Live<unknown>;
  readonly foot: ReactNode;
  readonly children: ReactNode;
};

/** The screen `children` in the frame; while there is no answer, the frame says so in its place. */
export function Frame(props: FrameProps): ReactNode {
  const { screen, live, title, foot, children } = props;
  const name = screens.find((one) => one.screen === screen)?.name ?? "";
  useEffect(() => {
    document.title = `${title ?? name} · Sovereign`;
  }, [title, name]);
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
          <Crumb name={name} {...props} />
          <Freshness live={live} />
          <button type="button" className="iconbtn" aria-label="Switch theme" onClick={switchTheme}>
            <ThemeIcon />
          </button>
        </div>
      </header>
      <nav className="nav" aria-label="Screens">
        <div className="nav-in">
          {screens.map((one) => (
            <a
              key={one.screen}
              href={one.path}
              aria-current={one.screen === screen ? "page" : undefined}
            >
              <one.Icon />
              <span>{one.name}</span>
            </a>
          ))}
          {foot === null ? null : <div className="foot">{foot}</div>}
        </div>
      </nav>
      <main className="main" id="main">
        <Announcer text={title ?? ""} />
        <StaleNotice live={live} />
        {live.view === undefined ? <NoAnswer failure={live.failure} /> : children}
      </main>
    </div>
  );
}

function Crumb(props: Pick<FrameProps, "of" | "one"> & { readonly name: string }): ReactNode {
  const { of, one, name } = props;
  if (one !== undefined) {
    return (
      <span className="crumb">
        <span className="crumb-of">
          <a href="/drills">{name}</a> /{" "}
        </span>
        <b className="mono">{one}</b>
      </span>
    );
  }
  return (
    <span className="crumb">
      {of === undefined ? null : <span className="crumb-of">{of} / </span>}
      <b>{name}</b>
    </span>
  );
}

function NoAnswer({ failure }: { readonly failure: string | undefined }): ReactNode {
  return (
    <div className="head">
      <h1>{failure === undefined ? "Asking the control process" : "No answer yet"}</h1>
      {failure === undefined ? null : <p className="head-sub">{failure}; it is asked again.</p>}
    </div>
  );
}

/** How old the newest answer is; a silent control process is told of in words. */
function Freshness({ live }: { readonly live: Live<unknown> }): ReactNode {
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
  const isStale = ageMs > live.staleAfterMs;
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

function DrillsIcon(): ReactNode {
  return (
    <svg className="icon" viewBox="0 0 16 16" aria-hidden="true" focusable="false">
      <g fill="none" stroke="currentColor" strokeWidth="1.5" strokeLinejoin="round">
        <path d="M3.25 1.75h6.5l3 3v9.5h-9.5z" />
        <path d="M5.5 9.25l1.7 1.7 3.3-3.6" strokeLinecap="round" />
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
function StaleNotice({ live }: { readonly live: Live<unknown> }): ReactNode {
  const nowMs = useNow(500);
  const ageMs = nowMs - live.askedAtMs;
  if (live.view === undefined || ageMs <= live.staleAfterMs) return null;
  const reason = live.failure === undefined ? "" : `: ${live.failure}`;
  return (
    <p className="notice notice-warn">
      <Glyph name="warn" />
      <span>{`Everything below was so ${durationText(ageMs)} ago${reason}.`}</span>
    </p>
  );
}
