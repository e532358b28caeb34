/** The frame of every page that a drill writes: one file, no request leaves it, no script runs in it, theme by the reader. */
import { logo } from "./glyph.ts";
import { type Markup, markup, raw } from "./markup.ts";
import { style } from "./style.ts";

const policy = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

/** The whole HTML document around `main`. */
export function htmlPage(
  page: { readonly title: string; readonly id: string },
  main: Markup,
): string {
  return markup`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<title>${page.title}</title>
<style>${raw(style)}</style>
</head>
<body>
${topBar(page.id)}
<main class="page">
${main}
</main>
</body>
</html>
`.html;
}

function topBar(id: string): Markup {
  const themes = [
    ["system", "System"],
    ["light", "Light"],
    ["dark", "Dark"],
  ] as const;
  return markup`<header class="top"><span class="brand">${logo}Sovereign</span><span class="crumb"><span>/</span><span>Drills</span><span>/</span><b class="mono">${id}</b></span>
<fieldset class="theme"><legend class="sr">Theme</legend>${themes.map(
    ([value, label]) =>
      markup`<label><input type="radio" name="theme" id="theme-${value}" value="${value}"${raw(value === "system" ? " checked" : "")}>${label}</label>`,
  )}</fieldset></header>`;
}
