/** The newest events of all journals that are heard, newest first; it is read when somebody wants to, never read out. */
import type { ReactNode } from "react";
import type { EventView } from "../../core/view/topology-view.ts";
import { clockText } from "../text.ts";

const shownMost = 40;

/** The list of events. */
export function EventsCard({ events }: { readonly events: readonly EventView[] }): ReactNode {
  const newest = events.slice(-shownMost).reverse();
  return (
    <section className="card" aria-labelledby="events">
      <div className="card-head">
        <h2 id="events">Journal</h2>
        <span className="mute">newest first, UTC</span>
      </div>
      {newest.length === 0 ? (
        <p className="card-text mute">Nothing was journalled yet.</p>
      ) : (
        <ol className="events" aria-labelledby="events">
          {keyed(newest).map(({ key, event }) => (
            <li key={key}>
              <time className="mono" dateTime={new Date(event.atMs).toISOString()}>
                {clockText(event.atMs)}
              </time>
              <span className="events-source mute">{event.source}</span>
              <span className="mono events-type">{event.type}</span>
              <span className="events-text">{event.text}</span>
            </li>
          ))}
        </ol>
      )}
    </section>
  );
}

/** Two events of one moment may be alike; counted, each has a key of its own. */
function keyed(
  events: readonly EventView[],
): readonly { readonly key: string; readonly event: EventView }[] {
  const seen = new Map<string, number>();
  return events.map((event) => {
    const name = `${event.atMs} ${event.source} ${event.type} ${event.text}`;
    const count = (seen.get(name) ?? 0) + 1;
    seen.set(name, count);
    return { key: `${name} ${count}`, event };
  });
}
