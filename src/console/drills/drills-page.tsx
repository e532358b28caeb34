/** The Drills page: every report, newest first: how it ended, how long it took to take over, what was lost. */
import type { ReactNode } from "react";
import type { DrillsView, DrillView } from "../../core/view/drills-view.ts";
import { Frame } from "../frame.tsx";
import { type GlyphName, type Tone, Word } from "../glyph.tsx";
import { useLive } from "../live.ts";
import { durationText, momentText } from "../text.ts";
import { EvidenceWord, Losses, VerdictWord } from "./drill-words.tsx";

/** The whole page. */
export function DrillsPage(): ReactNode {
  const live = useLive<DrillsView>("/v1/drills", 5_000);
  const { view } = live;
  return (
    <Frame
      screen="drills"
      title={view?.headline}
      live={live}
      foot={
        view === undefined ? null : (
          <>
            <span>
              control of <span className="mono">{view.control.cluster}</span>
            </span>
            <span>version {view.control.version}</span>
          </>
        )
      }
    >
      {view === undefined ? null : <DrillsScreen view={view} />}
    </Frame>
  );
}

function DrillsScreen({ view }: { readonly view: DrillsView }): ReactNode {
  return (
    <>
      <div className="head">
        <h1>{view.headline}</h1>
        <Summary view={view} />
      </div>
      {view.drills.length === 0 ? <NoDrills configured={view.configured} /> : <Table view={view} />}
    </>
  );
}

/** What the title leaves out, in counts; what is not there is not counted. */
function Summary({ view }: { readonly view: DrillsView }): ReactNode {
  const count = (wanted: (drill: DrillView) => boolean): number =>
    view.drills.filter(wanted).length;
  const ended = (verdict: string) => count(({ summary }) => summary?.verdict === verdict);
  const counts: readonly (readonly [number, GlyphName, Tone, string])[] = [
    [ended("unsafe"), "fail", "bad", "unsafe"],
    [count(({ evidence }) => evidence.kind === "changed"), "fail", "bad", "not genuine"],
    [ended("missed"), "warn", "warn", "missed"],
    [ended("passed"), "pass", "act", "passed"],
  ];
  return (
    <p className="head-sub">
      {counts
        .filter(([number]) => number > 0)
        .map(([number, glyph, tone, word]) => (
          <Word key={word} glyph={glyph} tone={tone}>
            {number} {word}
          </Word>
        ))}
    </p>
  );
}

function Table({ view }: { readonly view: DrillsView }): ReactNode {
  const { drills, total } = view;
  return (
    <section className="card" aria-labelledby="reports">
      <div className="card-head">
        <h2 id="reports">Reports</h2>
        <span className="mute">
          {total > drills.length ? `the newest ${drills.length} of ${total}` : "newest first, UTC"}
        </span>
      </div>
      <table className="table drills">
        <thead>
          <tr>
            <th scope="col">Drill</th>
            <th scope="col">When</th>
            <th scope="col">Verdict</th>
            <th scope="col" className="num">
              RTO
            </th>
            <th scope="col">Lost</th>
            <th scope="col">What happened</th>
          </tr>
        </thead>
        <tbody>
          {drills.map((drill) => (
            <Row key={drill.id} drill={drill} />
          ))}
        </tbody>
      </table>
    </section>
  );
}

function Row({ drill }: { readonly drill: DrillView }): ReactNode {
  const { id, evidence, summary } = drill;
  return (
    <tr>
      <th scope="row" data-label="Drill">
        <span className="side">
          <a className="link" href={`/drills/${id}`}>
            {summary?.kind ?? id}
          </a>
          {summary === null ? null : <span className="mute mono">{summary.region ?? id}</span>}
        </span>
      </th>
      {summary === null ? (
        <>
          <td data-label="When" className="mute">
            –
          </td>
          <td data-label="Verdict">
            <EvidenceWord evidence={evidence} />
          </td>
          <td data-label="RTO" className="num mute">
            –
          </td>
          <td data-label="Lost" className="mute">
            –
          </td>
          <td data-label="What happened">
            <span className="because">{evidence.kind === "genuine" ? "" : evidence.because}</span>
          </td>
        </>
      ) : (
        <>
          <td data-label="When" className="nowrap">
            <time dateTime={new Date(summary.atMs).toISOString()}>{momentText(summary.atMs)}</time>
          </td>
          <td data-label="Verdict">
            <VerdictWord verdict={summary.verdict} />
          </td>
          <td data-label="RTO" className="num mono">
            {summary.rtoMs === null ? "–" : durationText(summary.rtoMs)}
          </td>
          <td data-label="Lost">
            <Losses losses={summary.losses} verdict={summary.verdict} />
          </td>
          <td data-label="What happened">
            <span className="because">{summary.answer}</span>
          </td>
        </>
      )}
    </tr>
  );
}

function NoDrills({ configured }: { readonly configured: boolean }): ReactNode {
  return (
    <div className="teach">
      <p>
        {configured
          ? "A drill breaks something on purpose, measures, restores it, and reports what was expected beside what was measured. Its report is shown here as soon as it is written."
          : "Name the folder of the reports and the journal that has their hashes in the configuration of this control process, and this page fills itself."}
      </p>
      <section className="card" aria-labelledby="example">
        <div className="card-head">
          <h2 id="example">{configured ? "Run one against the sandbox" : "control.yaml"}</h2>
        </div>
        <pre className="code">
          {configured
            ? "$ npx sovereign drill region-kill --data\n$ npx sovereign gameday"
            : "drills:\n  reports: ./reports\n  journal: ./journal/drills"}
        </pre>
      </section>
    </div>
  );
}
