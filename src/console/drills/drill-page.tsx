/**
 * One report: the page that the drill itself wrote, in a frame in which no script runs, and above it by what right it is believed. What
 * is not genuine is not shown.
 */
import { type ReactNode, useEffect, useRef } from "react";
import type { DrillEvidence, DrillSummary, DrillView } from "../../core/view/drills-view.ts";
import { Frame } from "../frame.tsx";
import { useLive } from "../live.ts";
import { momentText } from "../text.ts";
import { chosenTheme, onTheme } from "../theme.ts";
import { EvidenceWord, VerdictWord } from "./drill-words.tsx";

/** The whole page of a report. */
export function DrillPage({ id }: { readonly id: string }): ReactNode {
  const live = useLive<DrillView>(`/v1/drills/${encodeURIComponent(id)}`, 30_000);
  const { view } = live;
  return (
    <Frame
      screen="drills"
      one={id}
      title={view === undefined ? undefined : titleOf(view)}
      live={live}
      foot={null}
    >
      {view === undefined ? null : <DrillScreen view={view} />}
    </Frame>
  );
}

function titleOf({ evidence, summary, id }: DrillView): string {
  if (summary !== null) return summary.answer;
  if (evidence.kind === "changed") return "This is not the report that the drill wrote";
  if (evidence.kind === "unrecorded") return "Nobody can tell whether the drill wrote this report";
  return `The report ${id} can not be read`;
}

function DrillScreen({ view }: { readonly view: DrillView }): ReactNode {
  const { evidence, summary } = view;
  if (summary === null || evidence.kind !== "genuine") return <NotShown view={view} />;
  return (
    <>
      <h1 className="sr">{summary.answer}</h1>
      <section className="card evidence" aria-label="Evidence">
        <EvidenceWord evidence={evidence} />
        <span className="because">
          These are the bytes that the journal of the drills has on record
          {summary.signedBy === null ? "." : ", and the signature of the day holds."}
        </span>
        <a className="link" href={`/v1/drills/${view.id}/report.json`}>
          report.json
        </a>
        <Hash label="SHA-256" value={evidence.reportSha256} />
        {summary.signedBy === null ? null : <Hash label="key" value={summary.signedBy} />}
      </section>
      <Steps summary={summary} />
      <ReportFrame id={view.id} title={`Report of ${summary.kind}, ${momentText(summary.atMs)}`} />
    </>
  );
}

function Hash(props: { readonly label: string; readonly value: string }): ReactNode {
  return (
    <span className="mute small hash">
      {props.label} <span className="mono">{props.value}</span>
    </span>
  );
}

/** The drills of a game day, each with the way to its own report. */
function Steps({ summary }: { readonly summary: DrillSummary }): ReactNode {
  if (summary.steps.length === 0) return null;
  return (
    <section className="card" aria-labelledby="steps">
      <div className="card-head">
        <h2 id="steps">Reports of the day</h2>
      </div>
      <ol className="steps">
        {summary.steps.map(({ kind, result, report }) => (
          <li key={kind}>
            {report === null ? (
              <span>{kind}</span>
            ) : (
              <a className="link" href={`/drills/${report}`}>
                {kind}
              </a>
            )}
            <VerdictWord verdict={result} />
          </li>
        ))}
      </ol>
    </section>
  );
}

function NotShown({ view }: { readonly view: DrillView }): ReactNode {
  return (
    <>
      <div className="head">
        <h1>{titleOf(view)}</h1>
        <p className="head-sub">
          <EvidenceWord evidence={view.evidence} />
        </p>
      </div>
      <section className="card card-text teach" aria-label="Evidence">
        <p>{becauseOf(view.evidence)}</p>
        <p className="mute">
          Nothing of it is shown. Change neither the folder of the reports nor the journal of the
          drills, and compare the file with a copy from elsewhere.
        </p>
      </section>
    </>
  );
}

function becauseOf(evidence: DrillEvidence): string {
  return evidence.kind === "genuine" ? "" : evidence.because;
}

/** The page as it was written. It is as high as what is in it, and has the console's theme; its own bar and margins would only repeat ours. */
function ReportFrame(props: { readonly id: string; readonly title: string }): ReactNode {
  const frame = useRef<HTMLIFrameElement>(null);
  useEffect(() => {
    const { current } = frame;
    return current === null ? undefined : keepFitting(current);
  }, []);
  return (
    <iframe
      ref={frame}
      className="report"
      title={props.title}
      src={`/v1/drills/${props.id}/page.html`}
      sandbox="allow-same-origin"
    />
  );
}

/** Keeps a frame as its content and the theme are; gives what undoes it. */
function keepFitting(frame: HTMLIFrameElement): () => void {
  let sizes: ResizeObserver | undefined;
  const dress = (): void => {
    const wanted = `#theme-${chosenTheme() ?? "system"}`;
    const choice = frame.contentDocument?.querySelector<HTMLInputElement>(wanted);
    if (choice != null) choice.checked = true;
  };
  const loaded = (): void => {
    const inside = frame.contentDocument;
    if (inside?.body == null) return; // Nothing is in it yet.
    const bar = inside.querySelector<HTMLElement>(".top");
    if (bar !== null) bar.style.display = "none";
    const page = inside.querySelector<HTMLElement>(".page");
    if (page !== null) {
      // A flow of its own, so that its last margin counts as height.
      Object.assign(page.style, { display: "flow-root", padding: "0", maxWidth: "none" });
    }
    dress();
    sizes?.disconnect();
    sizes = new ResizeObserver(() => {
      frame.style.height = `${Math.ceil(inside.body.getBoundingClientRect().height)}px`;
    });
    sizes.observe(inside.body);
  };
  frame.addEventListener("load", loaded);
  loaded();
  const forget = onTheme(dress);
  return () => {
    frame.removeEventListener("load", loaded);
    sizes?.disconnect();
    forget();
  };
}
