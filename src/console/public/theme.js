// Sets the theme that was chosen before anything is painted; without a choice the system's holds. A plain script, because
// modules run only after the first paint.
try {
  const chosen = localStorage.getItem("theme");
  if (chosen === "dark" || chosen === "light") document.documentElement.dataset.theme = chosen;
} catch {
  // Storage may be forbidden; then the system's theme holds.
}
