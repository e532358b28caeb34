/** The theme: the system's until somebody chooses; kept where `theme.js` finds it before the first paint. */

/** Turns dark to light and back. */
export function switchTheme(): void {
  const { dataset } = document.documentElement;
  const isDark =
    dataset["theme"] === undefined
      ? matchMedia("(prefers-color-scheme: dark)").matches
      : dataset["theme"] === "dark";
  const next = isDark ? "light" : "dark";
  dataset["theme"] = next;
  try {
    localStorage.setItem("theme", next);
  } catch {
    // Storage may be forbidden; the choice then lasts as long as the page.
  }
}
