/** The fake's demotion tokens: written and judged as CloudNativePG does (`pkg/utils/parser.go`, `pkg/promotiontoken` of 1.30). */
import { z } from "zod";
import { parseJson } from "../../../../core/kernel/json.ts";
import { runProgram } from "../../../run-program.ts";

export type ControlData = {
  readonly state: string;
  readonly timeline: string;
  readonly walFile: string;
  readonly systemId: string;
  readonly redo: string;
  readonly time: string;
};

/** What `pg_controldata` says of the data; it asks no server. */
export async function controlData(program: string, dataFolder: string): Promise<ControlData> {
  const { output } = await runProgram(program, ["-D", dataFolder], { env: { LC_ALL: "C" } });
  const value = (name: string): string =>
    new RegExp(`^${name}: *(.*)$`, "m").exec(output)?.[1]?.trim() ?? "";
  return {
    state: value("Database cluster state"),
    timeline: value("Latest checkpoint's TimeLineID"),
    walFile: value("Latest checkpoint's REDO WAL file"),
    systemId: value("Database system identifier"),
    redo: value("Latest checkpoint's REDO location"),
    time: value("Time of latest checkpoint"),
  };
}

export function makeToken(data: ControlData): string {
  const content = {
    latestCheckpointTimelineID: data.timeline,
    redoWalFile: data.walFile,
    databaseSystemIdentifier: data.systemId,
    latestCheckpointREDOLocation: data.redo,
    timeOfLatestCheckpoint: data.time,
    operatorVersion: "1.30.0",
  };
  return Buffer.from(JSON.stringify(content)).toString("base64");
}

const contentShape = z.object({
  latestCheckpointTimelineID: z.string(),
  databaseSystemIdentifier: z.string(),
  latestCheckpointREDOLocation: z.string(),
});

export type TokenJudgement = "met" | "wait" | "fatal";

/** `data` of a standby right after a checkpoint. */
export function judgeToken(token: string, data: ControlData): TokenJudgement {
  const decoded = parseJson(Buffer.from(token, "base64").toString("utf8"));
  const content = contentShape.safeParse(decoded).data;
  if (content === undefined || content.databaseSystemIdentifier !== data.systemId) return "fatal";
  const wanted = Number(content.latestCheckpointTimelineID);
  if (wanted !== Number(data.timeline)) return wanted > Number(data.timeline) ? "wait" : "fatal";
  const asked = lsn(content.latestCheckpointREDOLocation);
  const have = lsn(data.redo);
  if (asked === have) return "met";
  return asked < have ? "fatal" : "wait";
}

function lsn(text: string): bigint {
  const [high = "0", low = "0"] = text.split("/");
  return (BigInt(`0x${high}`) << 32n) + BigInt(`0x${low}`);
}
