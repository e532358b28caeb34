/** The plain facts of an event as one calm line; a failure is told by its code, other objects by their size. */
import type { Json, JsonObject } from "../kernel/json.ts";

const longestFacts = 160;
const longestText = 60;

/** `zone=sovereign.test changes=3`, of at most 160 characters, without anything that commands a terminal. */
export function factsOf(data: JsonObject): string {
  const facts = Object.entries(data).map(([name, value]) => `${visible(name)}=${brief(value)}`);
  return shorten(facts.join(" "), longestFacts);
}

/** The text without what moves a terminal's cursor or turns its writing around. */
export function visible(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu, "�");
}

function brief(value: Json): string {
  if (typeof value === "string") {
    const text = visible(shorten(value, longestText));
    return /[\s"=]/.test(text) || text === "" ? JSON.stringify(text) : text;
  }
  if (Array.isArray(value)) return `[${value.length}]`;
  if (value === null || typeof value !== "object") return String(value);
  const { code } = value as { readonly code?: Json }; // A failure is told by its code; other objects by their size.
  return typeof code === "string" ? visible(code) : `{${Object.keys(value).length}}`;
}

function shorten(text: string, most: number): string {
  const characters = [...text];
  return characters.length <= most ? text : `${characters.slice(0, most - 1).join("")}…`;
}
