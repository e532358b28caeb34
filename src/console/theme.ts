/** The theme: the system's until somebody chooses; kept where `theme.js` finds it before the first paint. */

/** What somebody chose; undefined while the system's holds. */
export function chosenTheme(): "dark" | "light" | undefined {
  const chosen = document.documentElement.dataset["theme"];
  return chosen === "dark" || chosen === "light" ? chosen : undefined;
}

/** Calls `changed` whenever somebody chooses; gives what ends that. */
export function onTheme(changed: () => void): () => void {
  const watch = new MutationObserver(changed);
  watch.observe(document.documentElement, { attributeFilter: ["data-theme"] });
  return () => watch.disconnect();
}

/** Turns dark to light and back. */
export function switchTheme(): void {
  const { dataset } = document.documentElement;
  const chosen = chosenTheme();
  const isDark =
    chosen === undefined ? matchMedia("(prefers-color-scheme: dark)").matches : chosen === "dark";
  const next = isDark ? "light" : "dark";
  dataset["theme"] = next;
  try {
    localStorage.setItem("theme", next);
  } catch {
    // Storage may be forbidden; the choice then lasts as long as the page.
  }
}
