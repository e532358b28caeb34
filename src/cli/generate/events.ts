/** `docs/reference/events.md` and `docs/reference/metrics.md`: the closed tables of events and metrics. */
import { metricTable } from "../../control/metric-table.ts";
import { eventTypes } from "../../core/journal/event-types.ts";
import { banner, cell, table } from "./markdown.ts";

/** The page of events. */
export function eventReference(): string {
  return [
    banner,
    "# Events",
    "",
    "What the journal holds. Each event has `stream`, `seq`, `atMs`, `type`, `data`, `prev` and `hash`; see",
    "[the guide to the journal](../guides/journal.md) for the files and how to check them.",
    "",
    ...table(
      ["type", "meaning"],
      Object.entries(eventTypes).map(([type, meaning]) => [`\`${type}\``, cell(meaning)]),
    ),
    "",
  ].join("\n");
}

/** The page of metrics. */
export function metricReference(): string {
  return [
    banner,
    "# Metrics",
    "",
    "What a control process shows at `/metrics`, in the Prometheus text format.",
    "",
    ...table(
      ["name", "type", "labels", "meaning"],
      Object.entries(metricTable).map(([name, { type, labels, help }]) => [
        `\`${name}\``,
        type,
        labels.join(", "),
        cell(help),
      ]),
    ),
    "",
  ].join("\n");
}
