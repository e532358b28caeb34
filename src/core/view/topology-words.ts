/** The sentences of the topology: the title of the page is the answer that somebody came for. */
import type { GroupView, ServiceView, SideView, TopologyView } from "./topology-view.ts";

/** `1.2 MB`: bytes for people, in powers of ten. */
export function bytesText(bytes: number): string {
  const units = ["B", "kB", "MB", "GB", "TB"];
  let value = bytes;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1_000;
    unit += 1;
  }
  const digits = unit === 0 || value >= 99.5 ? 0 : 1;
  return `${value.toFixed(digits)} ${units[unit]}`;
}

export type SentenceFacts = {
  readonly name: string;
  readonly state: GroupView["state"];
  readonly sides: readonly SideView[];
  readonly services: readonly ServiceView[];
};

/** Who serves a group and what the other region does. */
export function groupSentence({ name, state, sides, services }: SentenceFacts): string {
  const active = sides.find(({ role }) => role === "active");
  switch (state) {
    case "served":
      return [
        `${active?.cluster ?? "a region"} serves ${name}`,
        ...sides.filter((side) => side !== active).map((side) => otherWords(side, services)),
      ].join("; ");
    case "contested":
      return `two regions say that they serve ${name}: ${sides.map(({ cluster }) => cluster).join(" and ")}`;
    case "unserved":
      return `nobody serves ${name}; ${sides.map((side) => otherWords(side, [])).join("; ")}`;
    case "unknown":
      return `nobody is heard to serve ${name}; ${sides.map((side) => otherWords(side, [])).join("; ")}`;
  }
}

function otherWords(
  { cluster, role, because }: SideView,
  services: readonly ServiceView[],
): string {
  switch (role) {
    case "standby":
      return `${cluster} stands by${stepWords(services)}`;
    case "silent":
      return `the agent of ${cluster} is silent`;
    case "held":
      return `${cluster} is held back: ${because}`;
    case "fencing":
      return `${cluster} is being fenced`;
    case "promoting":
      return `${cluster} is being promoted`;
    case "observing":
      return `the agent of ${cluster} only looks on`;
    case "active":
    case "changing":
      return `${cluster} said that it serves`;
  }
}

function stepWords(services: readonly ServiceView[]): string {
  const words = services.map(({ sync }) => sync).filter((word) => word !== "none");
  if (words.length === 0) return "";
  if (words.every((word) => word === "inStep")) return ", in step";
  const lag = Math.max(0, ...services.map(({ lagBytes }) => lagBytes ?? 0));
  if (words.includes("stalled")) return ", and its writes wait for it";
  if (!words.includes("behind")) return "";
  return lag === 0 ? ", not in step" : `, not in step, ${bytesText(lag)} behind`;
}

/** The title of the whole: the one group's sentence, or how many are served and which is not. */
export function headlineOf(
  sovereign: string | null,
  groups: readonly GroupView[],
): TopologyView["headline"] {
  if (sovereign === null) return { state: "nothing", text: "No Sovereign is declared" };
  if (groups.length === 0) return { state: "nothing", text: "No failover group is declared" };
  const state = worst(groups);
  const [only] = groups;
  if (only !== undefined && groups.length === 1) return { state, text: capital(only.sentence) };
  const served = groups.filter(({ state: one }) => one === "served");
  const ill = groups.find((group) => stateOf(group) === state && state !== "good");
  if (served.length === groups.length && ill === undefined) {
    return { state, text: `All ${groups.length} failover groups are served and have a standby` };
  }
  const count = `${served.length} of ${groups.length} failover groups are served`;
  return { state, text: ill === undefined ? count : `${count}; ${ill.sentence}` };
}

function worst(groups: readonly GroupView[]): "good" | "look" | "bad" {
  const states = groups.map(stateOf);
  if (states.includes("bad")) return "bad";
  return states.includes("look") ? "look" : "good";
}

/** Whether a group is as it should be, wants a look, or does not serve. */
export function stateOf({ state, sides, services }: GroupView): "good" | "look" | "bad" {
  if (state === "unserved" || state === "contested") return "bad";
  if (state === "unknown") return "look";
  const isReady = sides.some(({ role }) => role === "standby");
  const inStep = services.every(({ sync }) => sync === "inStep" || sync === "none");
  const needsNobody = sides.every(({ needs }) => needs.length === 0);
  return isReady && inStep && needsNobody ? "good" : "look";
}

function capital(text: string): string {
  // A region's name is an identifier and keeps its writing.
  return /^[a-z]+-/.test(text) ? text : text.charAt(0).toUpperCase() + text.slice(1);
}
