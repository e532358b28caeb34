/** What an agent tells people of itself, asked once; undefined when it does not answer, or not with a report. */
import { type PeopleReport, readPeopleReport } from "../../core/failover/people-report.ts";
import type { WatchedAgent } from "./agent-watch.ts";
import { askJson } from "./post-json.ts";

const askLimitMs = 3_000;

/** The report of `GET /v1/status`. */
export async function askPeople({ health }: WatchedAgent): Promise<PeopleReport | undefined> {
  const host = `${health.address}:${health.port}`;
  const reply = await askJson({ target: health, host, path: "/v1/status", limitMs: askLimitMs });
  const read = reply.kind === "answered" ? readPeopleReport(reply.body) : undefined;
  return read?.ok === true ? read.value : undefined;
}
