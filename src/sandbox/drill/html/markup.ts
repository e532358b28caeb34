/** Markup that escapes whatever is put into it: the only way in which this report's HTML is written. */

/** Text that is HTML already; made by `markup` and `raw` only. */
export type Markup = { readonly html: string };

type Part = string | number | Markup | readonly Markup[];

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** Text as it may stand in an element or in a quoted attribute. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => entities[character] ?? "");
}

/** Tagged template: what is put in is escaped unless it is Markup. */
export function markup(strings: TemplateStringsArray, ...parts: readonly Part[]): Markup {
  const texts = parts.map((part, i) => write(part) + (strings[i + 1] ?? ""));
  return { html: (strings[0] ?? "") + texts.join("") };
}

/** Our own constant text, taken as it is: style sheets and paths of icons, never data. */
export function raw(html: string): Markup {
  return { html };
}

/** `markup` when `condition` holds, nothing otherwise. */
export function when(condition: boolean, part: () => Markup): Markup {
  return condition ? part() : raw("");
}

function write(part: Part): string {
  if (typeof part === "string") return escapeHtml(part);
  if (typeof part === "number") return String(part);
  if ("html" in part) return part.html;
  return part.map((one) => one.html).join("");
}
